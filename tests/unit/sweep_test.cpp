#include "actors/sweep.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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
