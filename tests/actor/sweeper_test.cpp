#include "actors/sweeper.hpp"

#include <gtest/gtest.h>

#include <string>

#include "storage/audit_store.hpp"
#include "storage/memory_store.hpp"
#include "storage/session_store.hpp"
#include "tests/actor/actor_rig.hpp"
#include "tests/actor/test_roster.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

/// A sweeper over a store whose journal is the test.
class sweeper_actor_test : public testing::Test {
 protected:
  void start() {
    actor = stepped.system.spawn(sweeper, sweeper_parts{config,
                                                        [this] { return store.read(); },
                                                        [this](commit_ptr&& job) { commit(std::move(job)); },
                                                        [this] { return now; },
                                                        [this] { return chance; },
                                                        measured,
                                                        {.rows_removed = 2, .rows_read = 10},
                                                        {},
                                                        duties});
    stepped.pass(1s, 5ms);
  }
  void commit(commit_ptr&& job) {
    if (loses_jobs) return;
    ++commits;
    if (before_commit) before_commit();
    job->result = forced ? *forced : store.commit(job->tx);
    const auto to = job->reply_to;
    caf::anon_send(to, std::move(job));
  }
  void add_sessions(int n) {
    for (int i = 0; i < n; ++i) {
      storage::session s;
      s.key = std::string(39, 'k') + static_cast<char>(added++);
      s.user_id = 9;
      s.expires = now - 40 * 24h;
      storage::mini_transaction tx;
      storage::add_session(tx, s);
      ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
    }
  }
  int sessions() {
    int n = 0;
    store.read()->scan(storage::slice::sessions, "", [&n](std::string_view, const storage::record&) { return ++n; });
    return n;
  }
  void TearDown() override {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    stepped.run();
  }

  test::stepped_system stepped;
  storage::memory_store store;
  proto::timestamp now{1'700'000'000s};
  double chance = 0.5;
  std::optional<storage::commit_result> forced;
  std::function<void()> before_commit;
  std::shared_ptr<settings> config = std::make_shared<settings>();
  const duty_roster* duties = nullptr;
  int commits = 0;
  int added = 'A';
  bool loses_jobs = false;
  meter_ptr measured = std::make_shared<meter>();
  sweeper_actor actor;
};

TEST_F(sweeper_actor_test, sweeps_at_its_start) {
  add_sessions(7);
  start();
  EXPECT_EQ(sessions(), 0);
  EXPECT_EQ(commits, 4);
}

TEST_F(sweeper_actor_test, commits_nothing_when_there_is_nothing_to_do) {
  start();
  EXPECT_EQ(commits, 0);
  EXPECT_EQ(measured->read().in_flight, 0);
}

TEST_F(sweeper_actor_test, sweeps_again_after_a_day) {
  start();
  add_sessions(3);
  stepped.pass(23h, 1h);
  EXPECT_EQ(sessions(), 3);
  stepped.pass(1h, 1h);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeper_actor_test, sweeps_up_to_a_tenth_of_a_day_earlier_or_later) {
  chance = 0;
  start();
  add_sessions(1);
  stepped.pass(21h + 30min, 30min);
  EXPECT_EQ(sessions(), 1);
  chance = 0.999;
  stepped.pass(30min, 30min);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
  add_sessions(1);
  stepped.pass(26h, 1h);
  EXPECT_EQ(sessions(), 1);
  stepped.pass(1h, 1h);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeper_actor_test, gives_up_a_stage_that_keeps_conflicting) {
  add_sessions(1);
  forced = storage::commit_result::conflict;
  start();
  // Four times as expired, four times as dead.
  EXPECT_EQ(commits, 8);
}

TEST_F(sweeper_actor_test, stops_until_the_next_day_when_the_store_is_full) {
  add_sessions(5);
  forced = storage::commit_result::storage_full;
  start();
  EXPECT_EQ(commits, 1);
  EXPECT_EQ(measured->read().failed, 1);
  forced.reset();
  stepped.pass(24h, 1h);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeper_actor_test, goes_on_when_a_commit_was_lost) {
  add_sessions(3);
  loses_jobs = true;
  start();
  loses_jobs = false;
  stepped.pass(27h, 1h);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
}

/// One of several nodes.
class sweeping_duty_test : public sweeper_actor_test {
 protected:
  sweeping_duty_test() { duties = &roster; }

  void add_events(int n) {
    storage::mini_transaction tx;
    for (int i = 0; i < n; ++i) tx.events.emplace_back("event");
    ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
  }

  test::test_roster roster{store};
};

TEST_F(sweeping_duty_test, leaves_all_nodes_rows_to_who_has_the_duty) {
  add_sessions(3);
  start();
  stepped.pass(48h, 1h);
  EXPECT_EQ(sessions(), 3);
}

TEST_F(sweeping_duty_test, sweeps_the_node_s_own_events_without_it) {
  config->keep_audit.records = 2;
  add_events(7);
  start();
  EXPECT_EQ(storage::audit_anchor(*store.read()).number, 5U);
}

TEST_F(sweeping_duty_test, sweeps_at_its_start_with_it) {
  roster.give(duty::sweeping);
  add_sessions(3);
  start();
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeping_duty_test, begins_within_a_minute_when_it_comes_later) {
  add_sessions(3);
  start();
  roster.give(duty::sweeping);
  stepped.pass(1min, 1s);
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeping_duty_test, sweeps_no_more_than_daily_while_it_stays) {
  roster.give(duty::sweeping);
  start();
  add_sessions(3);
  stepped.pass(20h, 1h);
  EXPECT_EQ(sessions(), 3);
}

TEST_F(sweeping_duty_test, stops_when_it_goes) {
  roster.give(duty::sweeping);
  add_sessions(7);
  before_commit = [this] { roster.take(duty::sweeping); };
  start();
  EXPECT_EQ(sessions(), 5);
}

TEST_F(sweeping_duty_test, begins_again_when_it_comes_back) {
  roster.give(duty::sweeping);
  start();
  roster.take(duty::sweeping);
  stepped.pass(1min, 1s);
  add_sessions(3);
  roster.give(duty::sweeping);
  stepped.pass(1min, 1s);
  EXPECT_EQ(sessions(), 0);
}

TEST_F(sweeping_duty_test, removes_nothing_once_another_has_it) {
  roster.give(duty::sweeping);
  add_sessions(3);
  before_commit = [this] { roster.succeed(duty::sweeping); };
  start();
  EXPECT_GT(commits, 0);
  EXPECT_EQ(sessions(), 3);
}

TEST_F(sweeping_duty_test, fences_nothing_of_the_node_s_own) {
  config->keep_audit.records = 2;
  add_events(7);
  roster.give(duty::sweeping);
  before_commit = [this] { roster.succeed(duty::sweeping); };
  start();
  EXPECT_EQ(storage::audit_anchor(*store.read()).number, 5U);
}

TEST_F(sweeping_duty_test, begins_again_soon_when_the_cluster_was_out_of_reach) {
  roster.give(duty::sweeping);
  add_sessions(3);
  forced = storage::commit_result::unavailable;
  start();
  EXPECT_EQ(commits, 1);
  forced.reset();
  stepped.pass(1min, 1s);
  stepped.pass(1s, 5ms);
  EXPECT_EQ(sessions(), 0);
}

}  // namespace
}  // namespace authnz::actors
