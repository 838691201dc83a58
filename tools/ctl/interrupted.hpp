/// Whether the user has had enough: SIGINT or SIGTERM came.
#pragma once

#include <chrono>

namespace authnz::ctl {

/// While one lives, these signals are noted in place of ending the program, so
/// that what was begun on a node can be ended. One at a time.
class interruption {
 public:
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  static bool came() noexcept;
  /// Sleeps, but not on after a signal.
  static void sleep(std::chrono::milliseconds time);
};

}  // namespace authnz::ctl
