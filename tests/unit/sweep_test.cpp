#include "actors/sweep.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "storage/apikey_store.hpp"
#include "storage/attempts_store.hpp"
#include "storage/memory_store.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;
using storage::mini_transaction;

constexpr proto::timestamp now{1'700'000'000s};
constexpr proto::timestamp expired_before = now - 30 * 24h;

struct swept_store {
  void commit(const mini_transaction& tx) { ASSERT_EQ(store.commit(tx), storage::commit_result::applied); }

  void add_user(std::int64_t id, std::uint64_t epoch) {
    mini_transaction tx;
    storage::user u;
    u.id = id;
    u.email = "user" + std::to_string(id) + "@example.org";
    u.system_id = std::to_string(id);
    u.session_epoch = epoch;
    storage::add_user(tx, u);
    commit(tx);
  }

  void add_session(char name, std::int64_t user_id, std::uint64_t epoch, proto::timestamp expires = now + 1h) {
    mini_transaction tx;
    storage::session s;
    s.key = std::string(40, name);
    s.user_id = user_id;
    s.epoch = epoch;
    s.created = now - 48h;
    s.expires = expires;
    storage::add_session(tx, s);
    commit(tx);
  }

  void add_attempts(const std::string& address, proto::timestamp last, std::optional<proto::timestamp> lock = {}) {
    mini_transaction tx;
    storage::attempts a;
    a.failures = 3;
    a.last_failure = last;
    a.locked_until = lock;
    storage::put_attempts(tx, address, std::nullopt, a);
    commit(tx);
  }

  void add_session_apikey(char name, char session, std::int64_t user_id, std::uint64_t epoch,
                          proto::timestamp expires = now + 1h) {
    storage::apikey k;
    k.key = std::string(40, name);
    k.user_id = user_id;
    k.epoch = epoch;
    k.expires = expires;
    k.session = std::string(40, session);
    add(k);
  }

  /// Of the family that begins with the key `family`.
  void add_apikey(char name, char family, std::int64_t user_id, std::uint64_t epoch,
                  proto::timestamp expires = now + 1h, bool used = false) {
    storage::apikey k;
    k.key = std::string(40, name);
    k.user_id = user_id;
    k.epoch = epoch;
    k.expires = expires - 1h;
    k.refreshed_by = storage::refresh{
        .family = std::string(40, family), .token_hash = "", .not_before = now, .expires = expires, .used = used};
    add(k);
  }

  void add(const storage::apikey& k) {
    mini_transaction tx;
    storage::add_apikey(tx, k);
    commit(tx);
  }

  void add_family(char name, std::int64_t user_id) {
    mini_transaction tx;
    storage::add_family(tx, {.key = std::string(40, name), .user_id = user_id});
    commit(tx);
  }

  void change_user(std::int64_t id, const std::function<void(storage::user&)>& change) {
    mini_transaction tx;
    const auto before = storage::find_user(*store.read(), id).value();
    auto after = before;
    change(after);
    storage::replace_user(tx, before, after);
    commit(tx);
  }

  bool has_apikey(char name) { return storage::find_apikey(*store.read(), std::string(40, name)).has_value(); }
  bool has_family(char name) { return storage::find_family(*store.read(), std::string(40, name)).has_value(); }
  bool has_session(char name) { return storage::find_session(*store.read(), std::string(40, name)).has_value(); }
  bool has_attempts(const std::string& address) { return storage::find_attempts(*store.read(), address).has_value(); }

  /// Returns how many batches wrote something.
  int sweep_all(const sweep_bounds& bounds = {}) {
    int written = 0;
    for (sweep_place place; place.stage != sweep_stage::done;) {
      const auto batch = sweep(*store.read(), place, expired_before, now, bounds);
      if (!batch.tx.writes.empty()) {
        commit(batch.tx);
        ++written;
      }
      place = batch.next;
    }
    return written;
  }

  storage::memory_store store;
};

TEST(sweep, removes_sessions_that_expired_long_enough_ago) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('a', 1, 0, expired_before - 1us);
  s.add_session('b', 1, 0, expired_before);
  s.add_session('c', 1, 0, now - 1h);
  s.add_session('d', 1, 0, now + 1h);
  s.sweep_all();
  EXPECT_FALSE(s.has_session('a'));
  EXPECT_TRUE(s.has_session('b'));
  EXPECT_TRUE(s.has_session('c'));
  EXPECT_TRUE(s.has_session('d'));
}

TEST(sweep, removes_sessions_of_another_epoch) {
  swept_store s;
  s.add_user(1, 4);
  s.add_session('a', 1, 3);
  s.add_session('b', 1, 4);
  s.sweep_all();
  EXPECT_FALSE(s.has_session('a'));
  EXPECT_TRUE(s.has_session('b'));
}

TEST(sweep, removes_sessions_whose_user_is_gone) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('a', 7, 0);
  s.add_session('b', 1, 0);
  s.sweep_all();
  EXPECT_FALSE(s.has_session('a'));
  EXPECT_TRUE(s.has_session('b'));
}

TEST(sweep, takes_no_session_for_dead_while_its_user_cannot_be_read) {
  swept_store s;
  s.add_session('a', 7, 0);
  const auto view = s.store.read();
  view->report_fault();
  EXPECT_TRUE(sweep(*view, {sweep_stage::dead_sessions, {}}, expired_before, now).tx.writes.empty());
}

TEST(sweep, removes_counters_that_nobody_touched_for_a_day) {
  swept_store s;
  s.add_attempts("old@example.org", now - 24h);
  s.add_attempts("new@example.org", now - 24h + 1us);
  s.sweep_all();
  EXPECT_FALSE(s.has_attempts("old@example.org"));
  EXPECT_TRUE(s.has_attempts("new@example.org"));
}

TEST(sweep, removes_locks_that_are_over_and_no_others) {
  swept_store s;
  s.add_attempts("over@example.org", now - 1h, now);
  s.add_attempts("locked@example.org", now - 72h, now + 1us);
  s.sweep_all();
  EXPECT_FALSE(s.has_attempts("over@example.org"));
  EXPECT_TRUE(s.has_attempts("locked@example.org"));
}

TEST(sweep, keeps_expired_api_keys_as_long_as_sessions) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('s', 1, 0);
  s.add_session_apikey('a', 's', 1, 0, expired_before - 1us);
  s.add_session_apikey('b', 's', 1, 0, expired_before);
  s.add_session_apikey('c', 's', 1, 0, now - 1h);
  s.add_session_apikey('d', 's', 1, 0, now + 1h);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_TRUE(s.has_apikey('b'));
  EXPECT_TRUE(s.has_apikey('c'));
  EXPECT_TRUE(s.has_apikey('d'));
}

TEST(sweep, keeps_an_expired_api_key_whose_refresh_token_lives) {
  swept_store s;
  s.add_user(1, 0);
  s.add_family('a', 1);
  storage::apikey k;
  k.key = std::string(40, 'a');
  k.user_id = 1;
  k.expires = expired_before - 48h;
  k.refreshed_by =
      storage::refresh{.family = k.key, .token_hash = "", .not_before = k.expires, .expires = now + 1h, .used = false};
  s.add(k);
  s.sweep_all();
  EXPECT_TRUE(s.has_apikey('a'));
}

TEST(sweep, removes_session_tied_api_keys_of_another_epoch) {
  swept_store s;
  s.add_user(1, 0);
  s.change_user(1, [](storage::user& u) { u.session_apikey_epoch = 3; });
  s.add_session('s', 1, 0);
  s.add_session_apikey('a', 's', 1, 2);
  s.add_session_apikey('b', 's', 1, 3);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_TRUE(s.has_apikey('b'));
}

TEST(sweep, removes_api_keys_without_a_session_of_another_epoch) {
  swept_store s;
  s.add_user(1, 0);
  s.change_user(1, [](storage::user& u) { u.apikey_epoch = 3; });
  s.add_family('a', 1);
  s.add_apikey('a', 'a', 1, 2);
  s.add_family('b', 1);
  s.add_apikey('b', 'b', 1, 3);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_FALSE(s.has_family('a'));
  EXPECT_TRUE(s.has_apikey('b'));
  EXPECT_TRUE(s.has_family('b'));
}

TEST(sweep, removes_all_api_keys_of_a_user_that_is_gone) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('s', 1, 0);
  s.add_session_apikey('a', 's', 7, 0);
  s.add_family('b', 7);
  s.add_apikey('b', 'b', 7, 0);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_FALSE(s.has_apikey('b'));
  EXPECT_FALSE(s.has_family('b'));
}

TEST(sweep, removes_the_api_keys_of_sessions_that_are_gone_or_dead) {
  swept_store s;
  s.add_user(1, 4);
  s.add_session('s', 1, 3);
  s.add_session('t', 1, 4);
  s.add_session_apikey('a', 's', 1, 0);
  s.add_session_apikey('b', 'u', 1, 0);
  s.add_session_apikey('c', 't', 1, 0);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_FALSE(s.has_apikey('b'));
  EXPECT_TRUE(s.has_apikey('c'));
}

TEST(sweep, takes_api_keys_for_dead_before_their_dead_session_is_swept) {
  swept_store s;
  s.add_user(1, 4);
  s.add_session('s', 1, 3);
  s.add_session_apikey('a', 's', 1, 0);
  const auto batch = sweep(*s.store.read(), {sweep_stage::dead_apikeys, {}}, expired_before, now);
  EXPECT_EQ(batch.tx.writes.size(), 1);
}

TEST(sweep, keeps_the_api_keys_of_a_session_that_merely_expired) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('s', 1, 0, now - 1h);
  s.add_session_apikey('a', 's', 1, 0);
  s.sweep_all();
  EXPECT_TRUE(s.has_apikey('a'));
}

TEST(sweep, removes_the_api_keys_of_a_session_that_is_cleaned_up) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('s', 1, 0, expired_before - 1h);
  s.add_session_apikey('a', 's', 1, 0);
  s.sweep_all();
  EXPECT_FALSE(s.has_session('s'));
  EXPECT_FALSE(s.has_apikey('a'));
}

TEST(sweep, removes_the_api_keys_of_a_revoked_family) {
  swept_store s;
  s.add_user(1, 0);
  s.add_apikey('a', 'a', 1, 0, now + 1h, true);
  s.add_apikey('b', 'a', 1, 0);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_FALSE(s.has_apikey('b'));
}

TEST(sweep, remembers_used_refresh_tokens_until_they_would_have_expired) {
  swept_store s;
  s.add_user(1, 0);
  s.add_family('a', 1);
  s.add_apikey('a', 'a', 1, 0, expired_before - 1us, true);
  s.add_apikey('b', 'a', 1, 0, now + 1h, true);
  s.add_apikey('c', 'a', 1, 0, now + 1h);
  s.sweep_all();
  EXPECT_FALSE(s.has_apikey('a'));
  EXPECT_TRUE(s.has_apikey('b'));
  EXPECT_TRUE(s.has_apikey('c'));
  EXPECT_TRUE(s.has_family('a'));
}

TEST(sweep, removes_families_without_a_key) {
  swept_store s;
  s.add_user(1, 0);
  s.add_family('a', 1);
  s.add_family('b', 1);
  s.add_apikey('b', 'b', 1, 0, expired_before - 1us);
  s.sweep_all();
  EXPECT_FALSE(s.has_family('a'));
  EXPECT_FALSE(s.has_family('b'));
}

TEST(sweep, takes_no_api_key_for_dead_while_its_user_cannot_be_read) {
  swept_store s;
  s.add_family('a', 7);
  s.add_apikey('b', 'b', 7, 0);
  for (const auto stage : {sweep_stage::dead_apikeys, sweep_stage::empty_families}) {
    const auto view = s.store.read();
    ASSERT_FALSE(sweep(*view, {stage, {}}, expired_before, now).tx.writes.empty());
    view->report_fault();
    EXPECT_TRUE(sweep(*view, {stage, {}}, expired_before, now).tx.writes.empty());
  }
}

TEST(sweep, reaches_every_api_key_and_family_in_small_batches) {
  swept_store s;
  s.add_user(1, 0);
  s.add_session('s', 1, 0);
  for (char name = 'a'; name <= 'e'; ++name) s.add_session_apikey(name, 's', 1, 0, expired_before - 1h);
  for (char name = 'f'; name <= 'j'; ++name) s.add_session_apikey(name, 'x', 1, 0);
  s.add_session_apikey('k', 's', 1, 0);
  for (char name = 'l'; name <= 'p'; ++name) s.add_family(name, 1);
  EXPECT_EQ(s.sweep_all({.rows_removed = 2, .rows_read = 3}), 9);
  for (char name = 'a'; name <= 'j'; ++name) EXPECT_FALSE(s.has_apikey(name)) << name;
  EXPECT_TRUE(s.has_apikey('k'));
  for (char name = 'l'; name <= 'p'; ++name) EXPECT_FALSE(s.has_family(name)) << name;
}

TEST(sweep, reaches_everything_in_small_batches) {
  swept_store s;
  s.add_user(1, 1);
  for (char name = 'a'; name <= 'e'; ++name) s.add_session(name, 1, 0, expired_before - 1h);
  for (char name = 'f'; name <= 'j'; ++name) s.add_session(name, 1, 0);
  s.add_session('k', 1, 1);
  for (int i = 0; i < 5; ++i) s.add_attempts(std::to_string(i) + "@example.org", now - 25h);
  EXPECT_EQ(s.sweep_all({.rows_removed = 2, .rows_read = 3}), 9);
  for (char name = 'a'; name <= 'j'; ++name) EXPECT_FALSE(s.has_session(name)) << name;
  EXPECT_TRUE(s.has_session('k'));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(s.has_attempts(std::to_string(i) + "@example.org")) << i;
}

TEST(sweep, leaves_a_session_alone_that_changed_meanwhile) {
  swept_store s;
  s.add_user(1, 1);
  s.add_session('a', 1, 0);
  const auto batch = sweep(*s.store.read(), {sweep_stage::dead_sessions, {}}, expired_before, now);
  mini_transaction change;
  const auto before = storage::find_session(*s.store.read(), std::string(40, 'a')).value();
  storage::replace_session(change, before, before);
  s.commit(change);
  EXPECT_EQ(s.store.commit(batch.tx), storage::commit_result::conflict);
}

}  // namespace
}  // namespace authnz::actors
