/// What others want of the main thread while it serves: to reload, to stop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace authnz::daemon {

/// Callable from any thread.
class requests_to_main {
 public:
  void stop();
  void reload();
  /// Reloads, and waits for its end: what was kept because it is broken.
  /// Nothing if it did not come to its end in time.
  std::optional<std::vector<std::string>> reload_and_wait(std::chrono::milliseconds patience);

  /// For the main thread: does what is wanted until `stop`.
  void serve(const std::function<std::vector<std::string>()>& reload);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::uint64_t wanted_ = 0;  ///< reloads that were asked for
  std::uint64_t done_ = 0;    ///< of them
  std::vector<std::string> kept_;
};

}  // namespace authnz::daemon
