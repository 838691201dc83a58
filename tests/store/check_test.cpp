#include "storage/check.hpp"

#include <gtest/gtest.h>

#include "storage/reindex.hpp"
#include "tests/store/followed_engine.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

std::string number(std::uint64_t value) {
  std::string bytes;
  append_u64(bytes, value);
  return bytes;
}

/// A sound store with two users, their sessions and API keys, and a trail.
class a_checked_store : public testing::Test {
 protected:
  a_checked_store() {
    for (const std::int64_t id : {1, 2}) {
      mini_transaction tx;
      add_user(tx, make_user(id));
      add_session(tx, make_session(static_cast<std::uint64_t>(id), id));
      add_apikey(tx, make_session_apikey(static_cast<std::uint64_t>(10 + id), id));
      const auto k = make_apikey(static_cast<std::uint64_t>(20 + id), id);
      add_family(tx, {.key = k.key, .user_id = id});
      add_apikey(tx, k);
      tx.events = {"one", "two"};
      EXPECT_EQ(commit(*env, tx), applied);
    }
    EXPECT_EQ(commit(*env, put(slice::marks, "mark", "v")), applied);
  }

  void plant(const std::function<void(draft&)>& what) {
    ASSERT_EQ(env->transact([&](draft& state) { return what(state), true; }), applied);
  }
  /// Past all rules but those of the store.
  void change(mini_transaction tx) {
    tx.expects.clear();
    ASSERT_EQ(commit(*env, tx), applied);
  }
  check_report report() { return check(*env->read()); }
  std::vector<std::string> faults() {
    std::vector<std::string> all;
    for (const auto& one : report().findings) all.push_back(std::string(row(one.in).name) + " " + one.what);
    return all;
  }
  void expect_only(const std::string& what) { EXPECT_EQ(faults(), std::vector<std::string>{what}); }

  samples::directory home;
  std::unique_ptr<environment> env = open(home.store());
};

TEST_F(a_checked_store, is_clean) {
  EXPECT_EQ(faults(), std::vector<std::string>{});
  EXPECT_EQ(report().faults, 0U);
  EXPECT_GT(report().records, 20U);
}

TEST_F(a_checked_store, tells_of_its_progress) {
  std::uint64_t last = 0;
  const auto found = check(*env->read(), [&](std::uint64_t records) { last = records; });
  EXPECT_EQ(last, found.records);
}

TEST_F(a_checked_store, shows_records_without_a_revision_in_every_slice) {
  for (const auto& r : slice_table) {
    if (r.id == slice::audit) continue;
    plant([&](draft& state) { state.put(r.id, "damaged", 0, "v"); });
    expect_only(std::string(r.name) + " has no revision");
    plant([&](draft& state) { state.erase(r.id, "damaged"); });
  }
}

TEST_F(a_checked_store, shows_records_that_cannot_be_read) {
  const std::map<slice, std::string> keys{{slice::users, number(3)},
                                          {slice::emails, std::string(32, 'k')},
                                          {slice::system_ids, std::string(32, 'k')},
                                          {slice::sessions, session_key(9)},
                                          {slice::attempts, std::string(32, 'k')},
                                          {slice::apikeys, session_key(9)},
                                          {slice::apikey_families, session_key(9)},
                                          {slice::outbox, std::string(24, 'k')},
                                          {slice::ratelimits, std::string(16, 'k')}};
  for (const auto& [in, key] : keys) {
    plant([&](draft& state) { state.put(in, key, 1, "damaged"); });
    expect_only(std::string(row(in).name) + " cannot be read");
    plant([&](draft& state) { state.erase(in, key); });
  }
  plant([](draft& state) { state.put(slice::ratelimits, "secret", 1, "damaged"); });
  expect_only("ratelimits cannot be read");
}

TEST_F(a_checked_store, shows_its_own_records_that_cannot_be_read) {
  plant([](draft& state) { state.put(slice::meta, audit_anchor_key, 1, "damaged"); });
  expect_only("meta cannot be read");
  plant([](draft& state) { state.erase(slice::meta, audit_anchor_key); });
  plant([](draft& state) { state.put(slice::meta, projection_key, 1, "damaged"); });
  expect_only("meta cannot be read");
  plant([](draft& state) { state.erase(slice::meta, projection_key); });
  plant([](draft& state) { state.put(slice::meta, format_key, 1, "damaged"); });
  expect_only("meta cannot be read");
}

TEST_F(a_checked_store, shows_keys_of_a_wrong_size) {
  plant([](draft& state) { state.put(slice::sessions, "short", 1, "v"); });
  expect_only("sessions has a key of a wrong size");
}

TEST_F(a_checked_store, shows_index_entries_that_lead_nowhere) {
  plant([](draft& state) { state.put(slice::sessions_by_user, sessions_by_user_key(1, session_key(77)), 1, {}); });
  expect_only("sessions_by_user leads to a record that is not there");
}

TEST_F(a_checked_store, shows_index_entries_that_their_record_does_not_tell_of) {
  plant([](draft& state) { state.put(slice::apikeys_by_user, apikeys_by_user_key(2, session_key(11)), 1, {}); });
  expect_only("apikeys_by_user leads to a record that is elsewhere in the index");
}

TEST_F(a_checked_store, shows_records_that_are_missing_in_an_index) {
  for (const auto& r : slice_table) {
    if (!r.derived || r.id == slice::audit) continue;
    const auto before = records_of(*env->read(), r.id).begin()->first;
    plant([&](draft& state) { state.erase(r.id, before); });
    ASSERT_EQ(faults().size(), 1U);
    EXPECT_TRUE(faults().front().ends_with(std::string("is missing in the index ") + r.name));
    plant([&](draft& state) { state.put(r.id, before, 1, {}); });
  }
}

TEST_F(a_checked_store, shows_users_without_their_claims) {
  plant([](draft& state) { state.erase(slice::emails, claim_key(make_user(1).email)); });
  expect_only("users has no claim of the address");
  plant([](draft& state) { state.erase(slice::system_ids, claim_key(make_user(1).system_id)); });
  EXPECT_EQ(faults().size(), 2U);
}

TEST_F(a_checked_store, shows_claims_of_nobody) {
  change({{}, {{slice::emails, claim_key("a@example.org"), record_writer(1).i64(7).take()}}});
  expect_only("emails is the claim of a user who does not exist");
}

TEST_F(a_checked_store, shows_claims_of_users_who_have_another) {
  change({{}, {{slice::emails, claim_key("a@example.org"), record_writer(1).i64(1).take()}}});
  expect_only("emails is the claim of a user who has another");
}

TEST_F(a_checked_store, shows_claims_that_were_taken_over) {
  change({{}, {{slice::emails, claim_key(make_user(1).email), record_writer(1).i64(2).take()}}});
  EXPECT_EQ(faults(), (std::vector<std::string>{"users has a claim of the address that is another's",
                                                "emails is the claim of a user who has another"}));
}

TEST_F(a_checked_store, keeps_the_system_ids_of_deleted_users) {
  mini_transaction tx;
  remove_user(tx, *find_user(*env->read(), 1));
  change(tx);
  EXPECT_EQ(faults(), std::vector<std::string>{}) << "sessions and keys wait for the sweeper";
}

TEST_F(a_checked_store, shows_the_address_of_a_deleted_user) {
  mini_transaction tx;
  remove_user(tx, *find_user(*env->read(), 1));
  tx.writes.pop_back();
  change(tx);
  expect_only("emails is the claim of a user who does not exist");
}

TEST_F(a_checked_store, shows_what_belongs_to_nobody) {
  mini_transaction tx;
  add_session(tx, make_session(31, 7));
  add_apikey(tx, make_session_apikey(32, 7));
  add_family(tx, {.key = session_key(33), .user_id = 7});
  change(tx);
  EXPECT_EQ(faults(), (std::vector<std::string>{"sessions belongs to a user who never was",
                                                "apikeys belongs to a user who never was",
                                                "apikey_families belongs to a user who never was"}));
}

TEST_F(a_checked_store, shows_epochs_that_are_yet_to_come) {
  mini_transaction tx;
  auto s = make_session(31, 1);
  s.epoch = make_user(1).session_epoch + 1;
  add_session(tx, s);
  auto tied = make_session_apikey(32, 1);
  tied.epoch = make_user(1).session_apikey_epoch + 1;
  add_apikey(tx, tied);
  auto free = make_apikey(33, 1);
  free.epoch = make_user(1).apikey_epoch + 1;
  add_apikey(tx, free);
  change(tx);
  EXPECT_EQ(faults(), (std::vector<std::string>{"sessions is of an epoch that is yet to come",
                                                "apikeys is of an epoch that is yet to come",
                                                "apikeys is of an epoch that is yet to come"}));
}

TEST_F(a_checked_store, shows_keys_of_another_users_family) {
  mini_transaction tx;
  add_family(tx, {.key = session_key(21), .user_id = 2});
  change(tx);
  expect_only("apikeys is of a family of another user");
}

TEST_F(a_checked_store, keeps_keys_of_families_that_were_revoked) {
  change(erase(slice::apikey_families, session_key(21)));
  EXPECT_EQ(faults(), std::vector<std::string>{});
}

TEST_F(a_checked_store, shows_revisions_that_are_yet_to_come) {
  const auto next = env->read()->get(slice::meta, revision_key)->revision + 1;
  plant([&](draft& state) { state.put(slice::marks, "mark", next, "v"); });
  expect_only("marks is of a revision that is yet to come");
}

TEST_F(a_checked_store, shows_that_the_last_revision_was_lost) {
  plant([](draft& state) { state.erase(slice::meta, revision_key); });
  EXPECT_GT(faults().size(), 10U);
  EXPECT_TRUE(faults().front().ends_with("is of a revision that is yet to come"));
}

TEST_F(a_checked_store, shows_where_the_trail_breaks) {
  plant([](draft& state) { state.erase(slice::audit, number(2)); });
  expect_only("audit breaks the chain: is missing");
  EXPECT_EQ(report().findings.front().key, number(2));
}

TEST_F(a_checked_store, shows_a_rebuild_that_is_not_finished) {
  ASSERT_TRUE(projection(*env).begin_rebuild("c1"));
  expect_only("meta tells of a rebuild from the cluster that is not finished");
}

TEST_F(a_checked_store, tells_of_a_damaged_user_once) {
  plant([](draft& state) { state.put(slice::users, number(1), 1, "damaged"); });
  expect_only("users cannot be read");
}

TEST_F(a_checked_store, counts_more_findings_than_it_tells_of) {
  plant([](draft& state) {
    for (std::uint64_t i = 0; i < most_findings + 50; ++i) state.put(slice::users, "bad" + number(i), 1, "v");
  });
  EXPECT_EQ(report().faults, most_findings + 50);
  EXPECT_EQ(report().findings.size(), most_findings);
}

TEST_F(a_checked_store, is_checked_in_parts_of_any_size) {
  plant([](draft& state) {
    state.put(slice::users, number(9), 1, "damaged");
    state.erase(slice::audit, number(3));
    state.put(slice::marks, "damaged", 0, "v");
  });
  const auto whole = report();
  for (const std::uint64_t most : {1U, 3U, 1000U}) {
    check_report all;
    std::optional<check_position> at = check_position{};
    for (int parts = 0; at && parts < 1000; ++parts) {
      auto part = check_some(*env->read(), *at, most);
      EXPECT_LE(part.found.records, most);
      all.records += part.found.records;
      all.faults += part.found.faults;
      at = part.next;
    }
    EXPECT_FALSE(at);
    EXPECT_EQ(all.records, whole.records);
    EXPECT_EQ(all.faults, whole.faults);
  }
}

TEST_F(a_checked_store, lost_none_of_the_trail_that_was_forgotten_meanwhile) {
  auto part = check_some(*env->read(), {.in = slice::audit}, 1);
  ASSERT_TRUE(part.next);
  mini_transaction tx;
  tx.forget_events = 3;
  ASSERT_EQ(commit(*env, tx), applied);
  part = check_some(*env->read(), *part.next, 100);
  EXPECT_EQ(part.found.faults, 0U);
}

// Whole lives.

void expect_clean(const view& v) {
  const auto found = check(v);
  EXPECT_EQ(found.faults, 0U);
  for (const auto& one : found.findings) ADD_FAILURE() << row(one.in).name << ' ' << one.what;
}

TEST(a_long_life, leaves_a_clean_store) {
  const samples::directory home;
  const auto env = open(home.store());
  random_life life(5);
  int held = 0;
  while (held < 4000) {
    std::vector<mini_transaction> batch;
    for (int i = 0; i < 20; ++i) batch.push_back(life.next(*env->read()));
    for (const auto result : commit_all(*env, batch))
      if (result == applied) ++held;
  }
  mini_transaction tx;
  tx.forget_events = 500;
  put_rate_secret(tx, "secret");
  put_rate_bucket(tx, make_rate_bucket('b'));
  ASSERT_EQ(commit(*env, tx), applied);
  const auto v = env->read();
  EXPECT_GT(records_of(*v, slice::apikeys).size(), 100U);
  EXPECT_GT(records_of(*v, slice::sessions).size(), 100U);
  expect_clean(*v);
}

TEST(a_long_life, leaves_a_clean_projection) {
  const samples::directory home;
  const auto env = open(home.store());
  projection follower(*env);
  followed_engine engine;
  const auto begun = engine.live(300);
  ASSERT_TRUE(follower.begin_rebuild("c1"));
  for (const auto& page : engine.pages(20)) ASSERT_TRUE(follower.rebuild(page));
  ASSERT_TRUE(follower.end_rebuild(engine.revision(), ""));
  ASSERT_TRUE(follower.apply(engine.live(500)));
  expect_clean(*env->read());
  ASSERT_TRUE(follower.leave());
  expect_clean(*env->read());
}

// Indexes anew.

TEST_F(a_checked_store, has_its_indexes_built_anew) {
  std::map<slice, std::vector<std::string>> before;
  for (const auto& r : slice_table) before[r.id] = keys_of(*env->read(), r.id);
  plant([](draft& state) {
    for (const auto in : {slice::sessions_by_user, slice::sessions_by_expiry, slice::apikeys_by_family})
      state.erase(in, keys_of(state, in).front());
    state.put(slice::sessions_by_user, sessions_by_user_key(7, session_key(77)), 1, {});
    state.put(slice::apikeys_by_expiry, "stray", 1, {});
  });
  ASSERT_GT(faults().size(), 4U);
  reindexed done;
  plant([&](draft& state) { done = reindex(state); });
  EXPECT_EQ(faults(), std::vector<std::string>{});
  for (const auto& r : slice_table) EXPECT_EQ(keys_of(*env->read(), r.id), before[r.id]) << r.name;
  EXPECT_EQ(done.records, 6U);
  EXPECT_EQ(done.entries, 2 * 6U + 2);
  EXPECT_EQ(done.damaged, 0U);
}

TEST_F(a_checked_store, has_no_index_entries_of_damaged_records_built) {
  plant([](draft& state) { state.put(slice::sessions, session_key(1), 1, "damaged"); });
  reindexed done;
  plant([&](draft& state) { done = reindex(state); });
  EXPECT_EQ(done.damaged, 1U);
  expect_only("sessions cannot be read");
}

TEST(many_indexes, are_built_anew) {
  const samples::directory home;
  const auto env = open(home.store(), {.map_size = 1 << 20});
  ASSERT_EQ(env->transact([](draft& state) {
    mini_transaction tx;
    for (std::uint64_t i = 1; i <= 12'345; ++i) add_session(tx, make_session(i, 1));
    for (const auto& w : tx.writes) state.put(w.in, w.key, 1, *w.value);
    return true;
  }),
            applied);
  reindexed done;
  ASSERT_EQ(env->transact([&](draft& state) { return done = reindex(state), done.readable; }), applied);
  EXPECT_EQ(done.records, 12'345U);
  EXPECT_EQ(keys_of(*env->read(), slice::sessions_by_user).size(), 12'345U);
  ASSERT_EQ(env->transact([&](draft& state) { return done = reindex(state), done.readable; }), applied);
  EXPECT_EQ(keys_of(*env->read(), slice::sessions_by_user).size(), 12'345U);
}

}  // namespace
}  // namespace authnz::storage
