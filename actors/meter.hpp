/// What an actor keeps about itself, for whoever looks: readable from any
/// thread at any time, without stopping the actor.
///
/// All counts are relaxed: a reading taken while the actor works may be off by
/// the events of that moment. The meter outlives its actor, so that a
/// restarted one goes on counting.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "proto/requests.hpp"

namespace authnz::actors {

/// Counts durations in microseconds, in log-linear places: exact below 16,
/// within 1/8 of the value above, up to 71 minutes, where longer ones go too.
class histogram {
 public:
  static constexpr std::size_t places = 240;
  /// A copy of the counts.
  using counts = std::array<std::uint64_t, places>;

  void add(std::chrono::microseconds duration) noexcept;
  counts read() const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, places> counts_{};
};

/// The duration that the share `q` (0 to 1) of the events did not exceed: the
/// upper end of its place. Zero when there were no events.
std::chrono::microseconds quantile(const histogram::counts& counts, double q);

/// One look at a meter.
struct meter_reading {
  std::uint64_t in_flight = 0;
  std::uint64_t peak = 0;     ///< the most that were in flight at once
  std::uint64_t handled = 0;  ///< failed ones too
  std::uint64_t failed = 0;
  std::uint64_t restarts = 0;
  std::optional<proto::request> last;  ///< what was asked last
  /// Since when the oldest work waits or is in hand, as far as the actor tells.
  std::optional<std::chrono::steady_clock::time_point> oldest;
  std::chrono::steady_clock::time_point last_begun{};  ///< arrival of what was begun last
  histogram::counts wait{};                            ///< from being sent to being begun
  histogram::counts service{};                         ///< from being begun to being done
};

class meter {
 public:
  /// Work has come in.
  void began() noexcept;
  void began(proto::request kind) noexcept;
  /// Work that had begun is done.
  void ended(bool ok, std::chrono::microseconds wait, std::chrono::microseconds service) noexcept;
  void restarted() noexcept;

  using time_point = std::chrono::steady_clock::time_point;
  /// For actors that know: since when the oldest is in hand, or waits.
  void set_oldest_in_hand(std::optional<time_point> since) noexcept { set(oldest_in_hand_, since); }
  void set_oldest_waiting(std::optional<time_point> since) noexcept { set(oldest_waiting_, since); }
  /// When that arrived which is begun now.
  void set_last_begun(time_point arrived) noexcept { last_begun_.store(arrived, std::memory_order_relaxed); }
  std::uint64_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }

  meter_reading read() const noexcept;

 private:
  static constexpr time_point never = time_point::max();
  static void set(std::atomic<time_point>& to, std::optional<time_point> since) noexcept {
    to.store(since.value_or(never), std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> in_flight_{0};
  std::atomic<std::uint64_t> peak_{0};
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint8_t> last_{static_cast<std::uint8_t>(proto::request::count_)};
  std::atomic<time_point> oldest_in_hand_{never};
  std::atomic<time_point> oldest_waiting_{never};
  std::atomic<time_point> last_begun_{time_point{}};
  histogram wait_;
  histogram service_;
};

using meter_ptr = std::shared_ptr<meter>;

/// Whole microseconds between two readings of a clock.
template <class Clock, class Duration>
constexpr std::chrono::microseconds microseconds_between(std::chrono::time_point<Clock, Duration> from,
                                                         std::chrono::time_point<Clock, Duration> to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

}  // namespace authnz::actors
