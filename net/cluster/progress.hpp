/// How far the node's projection is; who waits for it. From any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace authnz::net::cluster {

class progress {
 public:
  struct place {
    std::uint64_t applied = 0;
    bool whole = false;
  };

  void set(place p) {
    {
      const std::lock_guard lock(mutex_);
      place_ = p;
    }
    whole_.store(p.whole, std::memory_order_release);
    held_up_ = false;
    changed_.notify_all();
  }
  place now() const {
    const std::lock_guard lock(mutex_);
    return place_;
  }

  /// The store does not take what comes next, until `set`. That is tried again.
  void hold_up() noexcept { held_up_ = true; }
  bool held_up() const noexcept { return held_up_; }

  /// What is known of the engine does not go with what was known before.
  void distrust() noexcept { ++doubts_; }
  std::uint64_t doubts() const noexcept { return doubts_; }
  /// Those doubts are settled: later ones are not.
  void trust(std::uint64_t doubts) noexcept { settled_ = doubts; }
  bool distrusted() const noexcept { return doubts_ != settled_; }

  /// The engine's history is another from now on: revisions that were waited
  /// for may never come.
  void begin_history() noexcept { ++history_; }
  std::uint64_t history() const noexcept { return history_; }

  bool whole() const noexcept { return whole_.load(std::memory_order_acquire); }

  /// Whether the projection is whole and has `revision`, which is waited for
  /// until `longest` is over or a stop is asked for.
  bool wait_for(std::uint64_t revision, std::chrono::milliseconds longest, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, stop, longest, [&] { return place_.whole && place_.applied >= revision; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  place place_;
  std::atomic<bool> whole_ = false;
  std::atomic<bool> held_up_ = false;
  std::atomic<std::uint64_t> doubts_ = 0;
  std::atomic<std::uint64_t> settled_ = 0;
  std::atomic<std::uint64_t> history_ = 0;
};

}  // namespace authnz::net::cluster
