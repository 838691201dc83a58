/// Tells systemd how the server is (sd_notify(3)); without effect outside of
/// systemd.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace authnz::daemon {

void notify_ready() noexcept;
/// The start goes on, and may take another minute.
void notify_starting() noexcept;
void notify_reloading() noexcept;
void notify_stopping() noexcept;

/// How often systemd's watchdog is to be told that the server is alive: half of
/// WATCHDOG_USEC. Nothing when it does not watch.
std::optional<std::chrono::microseconds> watchdog_interval() noexcept;

/// Tells the watchdog from a thread of its own, as long as `alive` says so.
class watchdog {
 public:
  /// `alive` is called in that thread; a false one skips a turn.
  explicit watchdog(std::function<bool()> alive);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

 private:
  void run(std::chrono::microseconds interval);

  std::function<bool()> alive_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace authnz::daemon
