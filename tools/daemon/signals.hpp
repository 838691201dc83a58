/// Signals as calls: SIGTERM and SIGINT stop, SIGHUP reloads (contract,
/// section 11.3).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <tl/expected.hpp>

namespace authnz::daemon {

/// Blocks the three signals in the calling thread, and so in every thread that
/// it starts later; ignores SIGPIPE. To be called before any thread is started.
void block_signals() noexcept;

struct signal_actions {
  std::function<void()> stop;  ///< called once
  std::function<void()> reload;
};

/// Waits in a thread of its own, where the actions are called; they return at
/// once. A second SIGTERM or SIGINT ends the process on the spot, exit code 1.
class signal_watch {
 public:
  /// Requires block_signals(). The error is a reason.
  static tl::expected<std::unique_ptr<signal_watch>, std::string> start(signal_actions actions);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

 private:
  signal_watch(int signals, int wake, signal_actions actions);
  void run();
  void act_on(int signal);

  int signals_;
  int wake_;
  signal_actions actions_;
  bool stopping_ = false;  // the thread's
  std::thread thread_;
};

}  // namespace authnz::daemon
