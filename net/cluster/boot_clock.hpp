/// The time since the system started, suspensions included: what an age must be
/// measured by when a machine may sleep. CLOCK_BOOTTIME of clock_gettime(2).
#pragma once

#include <chrono>
#include <ctime>

namespace authnz::net::cluster {

struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
  }
};

}  // namespace authnz::net::cluster
