/// Records events that come without a change, such as a denied access. Nobody
/// waits for them and anybody may cause them, so how many are under way and how
/// many come in a second is bounded: beyond it events are counted as lost, and
/// their number is recorded when there is room again. Their lines in the log
/// are not bounded by this.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "actors/interfaces.hpp"
#include "actors/node_meters.hpp"

namespace authnz::actors {

/// Callable from any thread.
class audit_aside {
 public:
  /// A few batches of the journal's.
  static constexpr std::uint32_t most_under_way = 1024;
  /// What may last for long without filling a disk.
  static constexpr std::uint32_t a_second = 100;
  /// How many may come at once after a quiet while.
  static constexpr std::uint32_t burst = 1024;

  using clock = std::chrono::steady_clock;

  /// `commit` takes jobs to the journal.
  audit_aside(std::function<void(commit_ptr&&)> commit, node_meters_ptr counts,
              std::function<clock::time_point()> now = clock::now)
      : commit_(std::move(commit)), counts_(std::move(counts)), now_(std::move(now)), filled_(now_()) {}

  void record(std::string&& text);

 private:
  bool is_within_rate();
  std::string text_of_loss(std::uint64_t lost) const;

  std::function<void(commit_ptr&&)> commit_;
  node_meters_ptr counts_;
  std::function<clock::time_point()> now_;
  std::mutex mutex_;
  double room_ = burst;
  clock::time_point filled_;  ///< when `room_` was right
  std::shared_ptr<std::atomic<std::uint32_t>> under_way_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  std::atomic<std::uint64_t> untold_ = 0;  ///< lost since the last that was told
};

}  // namespace authnz::actors
