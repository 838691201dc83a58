#include "tools/daemon/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>

namespace authnz::daemon {
namespace {

constexpr std::chrono::seconds patience{10};

/// Runs in a child process, so that the test's own signals stay as they are.
[[noreturn]] void stop_and_reload() {
  block_signals();
  std::promise<void> reloaded;
  std::promise<void> stopped;
  const auto watch = signal_watch::start({[&] { stopped.set_value(); }, [&] { reloaded.set_value(); }});
  if (!watch) _exit(10);
  kill(getpid(), SIGHUP);
  if (reloaded.get_future().wait_for(patience) != std::future_status::ready) _exit(11);
  kill(getpid(), SIGTERM);
  if (stopped.get_future().wait_for(patience) != std::future_status::ready) _exit(12);
  _exit(0);
}

[[noreturn]] void stop_twice() {
  block_signals();
  std::promise<void> stopped;
  const auto watch = signal_watch::start({[&] { stopped.set_value(); }, [] {}});
  kill(getpid(), SIGINT);
  stopped.get_future().wait_for(patience);
  kill(getpid(), SIGTERM);
  std::this_thread::sleep_for(patience);
  _exit(0);
}

[[noreturn]] void write_to_nobody() {
  block_signals();
  int ends[2];
  if (pipe(ends) != 0) _exit(10);
  close(ends[0]);
  _exit(write(ends[1], "x", 1) == -1 ? 0 : 11);
}

[[noreturn]] void end_without_a_signal() {
  block_signals();
  {
    const auto watch = signal_watch::start({[] {}, [] {}});
  }
  _exit(0);
}

class signals_DeathTest : public testing::Test {
 protected:
  signals_DeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(signals_DeathTest, reload_and_stop_are_called) {
  EXPECT_EXIT(stop_and_reload(), testing::ExitedWithCode(0), "");
}

TEST_F(signals_DeathTest, second_stop_ends_the_process_at_once) {
  EXPECT_EXIT(stop_twice(), testing::ExitedWithCode(1), "");
}

TEST_F(signals_DeathTest, peers_that_are_gone_kill_nobody) {
  EXPECT_EXIT(write_to_nobody(), testing::ExitedWithCode(0), "");
}

TEST_F(signals_DeathTest, watch_ends_without_a_signal) {
  EXPECT_EXIT(end_without_a_signal(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace authnz::daemon
