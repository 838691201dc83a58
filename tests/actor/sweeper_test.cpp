#include "actors/sweeper.hpp"

#include <gtest/gtest.h>

#include <string>

#include "storage/memory_store.hpp"
#include "storage/session_store.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

/// A sweeper over a store whose journal is the test.
class sweeper_actor_test : public testing::Test {
 protected:
  void start() {
    actor = stepped.system.spawn(sweeper, sweeper_parts{std::make_shared<settings>(),
                                                        [this] { return store.read(); },
                                                        [this](commit_ptr&& job) { commit(std::move(job)); },
                                                        [this] { return now; },
                                                        [this] { return chance; },
                                                        measured,
                                                        {.rows_removed = 2, .rows_read = 10}});
    stepped.pass(1s, 5ms);
  }
  void commit(commit_ptr&& job) {
    ++commits;
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
  int commits = 0;
  int added = 'A';
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

}  // namespace
}  // namespace authnz::actors
