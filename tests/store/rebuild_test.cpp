#include <gtest/gtest.h>

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

class a_rebuild : public a_store {
 protected:
  a_rebuild() { changes = engine.live(200); }

  /// As much of the engine's history as a projection had seen.
  void start_from_revision(std::size_t count) {
    ASSERT_TRUE(follower().begin_rebuild("c1"));
    ASSERT_TRUE(follower().end_rebuild(0, ""));
    follow({changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(count)});
  }
  void plant(const std::function<void(draft&)>& what) {
    ASSERT_EQ(env->transact([&](draft& state) { return what(state), true; }), applied);
  }
  void expect_rebuilt() {
    rebuild();
    expect_equal_to_engine();
    EXPECT_EQ(mark(), (projection_mark{"c1", engine.revision(), true}));
  }

  std::vector<revision_changes> changes;
};

TEST_F(a_rebuild, fills_an_empty_store) { expect_rebuilt(); }

TEST_F(a_rebuild, adds_what_is_missing) {
  start_from_revision(60);
  expect_rebuilt();
}

TEST_F(a_rebuild, removes_what_is_gone) {
  start_from_revision(changes.size());
  plant([&](draft& state) {
    for (const auto& r : slice_table) {
      if (r.of != scope::cluster || r.derived) continue;
      for (const auto* key : {"!", "more", "\xff"}) state.put(r.id, key, 1, "v");
    }
  });
  expect_rebuilt();
}

TEST_F(a_rebuild, replaces_what_differs) {
  start_from_revision(changes.size());
  plant([&](draft& state) {
    for (const auto& r : slice_table) {
      if (r.of != scope::cluster || r.derived) continue;
      const auto all = records_of(state, r.id);
      std::size_t n = 0;
      for (const auto& [key, one] : all) {
        if (++n % 3 == 0) state.put(r.id, key, one.revision + 1, one.value);
        if (n % 3 == 1) state.put(r.id, key, one.revision, one.value + "x");
      }
    }
  });
  // What was damaged had index entries that its record does not tell of any more.
  rebuild();
  for (const auto& r : slice_table) {
    if (r.of == scope::node || r.derived) continue;
    EXPECT_EQ(records_of(*env->read(), r.id), records_of(*engine.read(), r.id)) << r.name;
  }
}

TEST_F(a_rebuild, moves_index_entries_with_their_records) {
  start_from_revision(changes.size());
  mini_transaction other;
  for_each_session(*engine.read(), {}, [&](const session& s) {
    auto changed = s;
    changed.user_id += 1000;
    changed.expires += std::chrono::hours{5};
    replace_session(other, s, changed);
    return true;
  });
  ASSERT_GT(other.writes.size(), 3U);
  follow({{engine.revision() + 1, other.writes, {}}});
  expect_rebuilt();
}

TEST_F(a_rebuild, removes_records_without_a_revision) {
  plant([](draft& state) {
    state.put(in, "damaged", 0, "v");
    state.put(in, "damaged too", 0, "");
  });
  expect_rebuilt();
}

TEST_F(a_rebuild, makes_a_single_nodes_store_the_clusters) {
  random_life other(99);
  for (int i = 0; i < 200; ++i) commit(*env, other.next(*env->read()));
  expect_rebuilt();
}

TEST_F(a_rebuild, removes_more_than_one_transaction_takes) {
  plant([](draft& state) {
    for (std::uint64_t i = 0; i < 25'000; ++i) state.put(in, number(i), 1, "v");
  });
  expect_rebuilt();
}

TEST_F(a_rebuild, touches_only_the_pages_range) {
  plant([](draft& state) {
    for (const auto* key : {"a", "b", "c", "d"}) state.put(in, key, 1, "v");
  });
  begin_rebuild();
  ASSERT_TRUE(follower().rebuild({.in = in, .first = "b", .end = "d", .records = {{"bb", 7, "new"}}}));
  EXPECT_EQ(keys_of(*env->read(), in), (std::vector<std::string>{"a", "bb", "d"}));
  EXPECT_EQ(env->read()->get(in, "bb")->revision, 7U);
}

TEST_F(a_rebuild, refuses_pages_that_are_not_in_order) {
  begin_rebuild();
  const auto refuses = [&](projection_page page) { return !follower().rebuild(page); };
  EXPECT_TRUE(refuses({.in = in, .first = "", .end = std::nullopt, .records = {{"b", 1, ""}, {"a", 1, ""}}}));
  EXPECT_TRUE(refuses({.in = in, .first = "", .end = std::nullopt, .records = {{"a", 1, ""}, {"a", 1, ""}}}));
  EXPECT_TRUE(refuses({.in = in, .first = "b", .end = std::nullopt, .records = {{"a", 1, ""}}}));
  EXPECT_TRUE(refuses({.in = in, .first = "", .end = "b", .records = {{"b", 1, ""}}}));
  EXPECT_TRUE(refuses({.in = in, .first = "", .end = std::nullopt, .records = {{"a", 0, ""}}}));
  EXPECT_TRUE(refuses({.in = slice::meta, .first = "", .end = std::nullopt, .records = {}}));
  EXPECT_TRUE(refuses({.in = slice::sessions_by_user, .first = "", .end = std::nullopt, .records = {}}));
}

TEST_F(a_rebuild, must_be_begun) {
  EXPECT_FALSE(follower().rebuild(engine.page(slice::users, "", 10)));
  EXPECT_FALSE(follower().end_rebuild(5, "gap"));
  EXPECT_FALSE(follower().begin_rebuild(""));
  rebuild();
  EXPECT_FALSE(follower().rebuild(engine.page(slice::users, "", 10)));
  EXPECT_FALSE(follower().end_rebuild(5, "gap"));
}

TEST_F(a_rebuild, is_not_whole_when_it_was_interrupted) {
  start_from_revision(60);
  begin_rebuild();
  ASSERT_TRUE(follower().rebuild(engine.page(slice::users, "", 10)));
  reopen();
  EXPECT_FALSE(mark().whole);
  EXPECT_EQ(mark().cluster, "c1");
  EXPECT_FALSE(follower().apply(changes));
  EXPECT_FALSE(follower().leave());
  expect_rebuilt();
}

TEST_F(a_rebuild, tells_the_trail_of_a_gap) {
  start_from_revision(60);
  const auto before = trail().size();
  rebuild();
  EXPECT_EQ(trail().size(), before + 1);
  EXPECT_EQ(trail().back(), "gap");
  const auto v = env->read();
  EXPECT_FALSE(verify_audit(*v, audit_anchor(*v), 10'000).broken);
}

TEST_F(a_rebuild, tells_the_trail_of_a_gap_once_when_it_was_interrupted) {
  start_from_revision(60);
  const auto before = trail().size();
  begin_rebuild();
  reopen();
  rebuild();
  EXPECT_EQ(trail().size(), before + 1);
}

TEST_F(a_rebuild, knows_no_gap_where_nothing_was_missed) {
  start_from_revision(changes.size());
  const auto before = trail().size();
  rebuild();
  EXPECT_EQ(trail().size(), before);
}

TEST_F(a_rebuild, knows_no_gap_in_a_store_that_was_never_the_clusters) {
  rebuild();
  EXPECT_TRUE(trail().empty());
  begin_rebuild("another");
  ASSERT_TRUE(follower().end_rebuild(engine.revision() + 50, "gap"));
  EXPECT_TRUE(trail().empty());
}

}  // namespace
}  // namespace authnz::storage
