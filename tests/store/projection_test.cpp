#include "storage/projection.hpp"

#include <gtest/gtest.h>

#include "tests/store/failing_disk.hpp"
#include "tests/store/followed_engine.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

constexpr auto in = slice::attempts;

std::string number(std::uint64_t value) {
  std::string bytes;
  append_u64(bytes, value);
  return bytes;
}

class a_projection : public a_store {
 protected:
  a_projection() { rebuild(); }
};

TEST_F(a_projection, has_what_the_engine_has_indexes_and_revisions_included) {
  for (int round = 0; round < 20; ++round) follow(engine.live(25));
  const auto mine = env->read();
  const auto theirs = engine.read();
  for (const auto& r : slice_table) {
    if (r.of == scope::node) continue;
    EXPECT_EQ(records_of(*mine, r.id), records_of(*theirs, r.id)) << r.name;
  }
  EXPECT_GT(records_of(*mine, slice::sessions_by_user).size(), 20U);
  EXPECT_GT(records_of(*mine, slice::apikeys_by_family).size(), 5U);
  EXPECT_EQ(mark(), (projection_mark{"c1", engine.revision(), true}));
}

TEST_F(a_projection, appends_the_engines_events_in_order) {
  for (int round = 0; round < 5; ++round) follow(engine.live(20));
  const auto v = env->read();
  EXPECT_EQ(trail(), texts_of_trail(*engine.read()));
  EXPECT_FALSE(verify_audit(*v, audit_anchor(*v), 10'000).broken);
  EXPECT_GT(trail().size(), 50U);
}

TEST_F(a_projection, skips_revisions_that_are_applied) {
  const auto changes = engine.live(30);
  follow({changes.begin(), changes.begin() + 20});
  follow({changes.begin() + 10, changes.end()});
  follow(changes);
  expect_equal_to_engine();
  EXPECT_EQ(trail(), texts_of_trail(*engine.read()));
}

TEST_F(a_projection, goes_on_where_it_was) {
  const auto changes = engine.live(30);
  follow({changes.begin(), changes.begin() + 17});
  reopen();
  EXPECT_EQ(mark().applied, changes[16].revision);
  follow(changes);
  expect_equal_to_engine();
}

TEST_F(a_projection, leaves_the_nodes_own_slices_alone) {
  ASSERT_EQ(commit(*env, put(slice::ratelimits, "bucket", "mine")), applied);
  ASSERT_EQ(commit(*env, put(slice::meta, "last-start", "now")), applied);
  const auto own = records_of(*env->read(), slice::ratelimits);
  const auto counter = env->read()->get(slice::meta, revision_key)->revision;
  follow(engine.live(30));
  rebuild();
  EXPECT_EQ(records_of(*env->read(), slice::ratelimits), own);
  EXPECT_EQ(env->read()->get(slice::meta, "last-start")->value, "now");
  EXPECT_EQ(env->read()->get(slice::meta, revision_key)->revision, counter);
}

TEST_F(a_projection, refuses_changes_of_the_nodes_own_slices) {
  for (const auto s : {slice::meta, slice::ratelimits, slice::audit, slice::sessions_by_user}) {
    const std::vector<revision_changes> changes{{5, {{in, "a", "v"}, {s, "key", "v"}}, {}}};
    EXPECT_FALSE(follower().apply(changes));
  }
  EXPECT_FALSE(env->read()->get(in, "a"));
  EXPECT_EQ(mark().applied, 0U);
}

TEST_F(a_projection, refuses_keys_that_do_not_fit) {
  const std::vector<revision_changes> changes{{5, {{in, std::string(max_key_size + 1, 'k'), "v"}}, {}}};
  EXPECT_FALSE(follower().apply(changes));
  EXPECT_EQ(mark().applied, 0U);
}

TEST_F(a_projection, stores_records_that_it_cannot_read) {
  mini_transaction tx;
  add_session(tx, make_session(1, 7));
  const auto key = session_key(1);
  follow({{3, tx.writes, {}}});
  ASSERT_EQ(keys_of(*env->read(), slice::sessions_by_user).size(), 1U);

  follow({{4, {{slice::sessions, key, "damaged"}}, {}}});
  EXPECT_EQ(env->read()->get(slice::sessions, key)->value, "damaged");
  EXPECT_TRUE(keys_of(*env->read(), slice::sessions_by_user).empty());
  EXPECT_TRUE(keys_of(*env->read(), slice::sessions_by_expiry).empty());

  follow({{5, tx.writes, {}}});
  EXPECT_EQ(keys_of(*env->read(), slice::sessions_by_user).size(), 1U);
  EXPECT_EQ(mark().applied, 5U);
}

TEST_F(a_projection, replaces_a_damaged_record_and_tells_its_event) {
  const auto key = session_key(1);
  ASSERT_EQ(env->transact([&](draft& state) { return state.put(slice::sessions, key, 0, "damaged"), true; }), applied);
  mini_transaction tx;
  add_session(tx, make_session(1, 7));
  follow({{3, tx.writes, {"one"}}});
  EXPECT_TRUE(find_session(*env->read(), key));
  EXPECT_EQ(trail(), std::vector<std::string>{"one"});
}

TEST_F(a_projection, does_not_grow_a_trail_whose_end_is_damaged) {
  follow({{3, {}, {"one"}}});
  ASSERT_EQ(env->transact([](draft& state) { return state.put(slice::audit, number(1), 3, "damaged"), true; }),
            applied);
  const std::vector<revision_changes> changes{{4, {{in, "a", "v"}}, {"two"}}};
  const auto done = follower().apply(changes);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().find("audit trail"), std::string::npos);
  EXPECT_EQ(mark().applied, 3U);
  EXPECT_FALSE(env->read()->get(in, "a"));
}

TEST_F(a_store, of_a_single_node_takes_no_revisions) {
  EXPECT_FALSE(follower().apply(engine.live(1)));
  EXPECT_EQ(mark(), projection_mark{});
}

TEST_F(a_store, lets_no_mini_transaction_name_its_mark) {
  EXPECT_EQ(commit(*env, put(slice::meta, std::string(projection_key), "c1")), storage_error);
  EXPECT_EQ(commit(*env, put_if(slice::meta, std::string(projection_key), 0, "c1")), storage_error);
}

// Leaving.

TEST_F(a_projection, becomes_a_single_nodes_store_whose_revisions_go_on) {
  follow(engine.live(40));
  ASSERT_TRUE(follower().leave());
  EXPECT_EQ(mark(), projection_mark{});
  ASSERT_EQ(commit(*env, put(in, "a", "v")), applied);
  EXPECT_EQ(env->read()->get(in, "a")->revision, engine.revision() + 1);
  ASSERT_TRUE(engine.decide(put(in, "a", "v")));
  expect_equal_to_engine();
}

TEST_F(a_projection, keeps_its_own_revisions_when_they_are_ahead) {
  for (int i = 0; i < 50; ++i) ASSERT_EQ(commit(*env, put(slice::ratelimits, "a", "v")), applied);
  const auto own = env->read()->get(slice::meta, revision_key)->revision;
  follow(engine.live(5));
  ASSERT_TRUE(follower().leave());
  ASSERT_EQ(commit(*env, put(in, "a", "v")), applied);
  EXPECT_EQ(env->read()->get(in, "a")->revision, own + 1);
}

TEST_F(a_store, of_a_single_node_may_leave_again) {
  EXPECT_TRUE(follower().leave());
  EXPECT_TRUE(follower().leave());
}

// Disks that fail.

class a_projection_on_a_failing_disk : public a_projection {
 protected:
  void expect_nothing_of(disk_fault fault) {
    follow(engine.live(20));
    const auto before = mark();
    const auto had = records_of(*env->read(), slice::sessions);
    const auto changes = engine.live(20);
    {
      const failing_disk failing(fault);
      const auto done = follower().apply(changes);
      ASSERT_FALSE(done);
      EXPECT_FALSE(done.error().empty());
    }
    EXPECT_EQ(mark(), before);
    EXPECT_EQ(records_of(*env->read(), slice::sessions), had);
    follow(changes);
    expect_equal_to_engine();
    reopen();
    expect_equal_to_engine();
  }
};

TEST_F(a_projection_on_a_failing_disk, applies_later_what_found_it_full) { expect_nothing_of(disk_fault::full); }
TEST_F(a_projection_on_a_failing_disk, applies_later_what_was_not_synced) { expect_nothing_of(disk_fault::unsynced); }

TEST_F(a_projection_on_a_failing_disk, is_not_whole_when_a_rebuild_found_it_full) {
  follow(engine.live(50));
  begin_rebuild();
  ASSERT_TRUE(follower().rebuild({.in = slice::users, .first = "", .end = std::nullopt, .records = {}}));
  {
    const failing_disk failing(disk_fault::full);
    EXPECT_FALSE(follower().rebuild(engine.page(slice::users, "", 100)));
    EXPECT_FALSE(follower().end_rebuild(engine.revision(), "gap"));
  }
  EXPECT_FALSE(mark().whole);
  rebuild();
  expect_equal_to_engine();
}

}  // namespace
}  // namespace authnz::storage
