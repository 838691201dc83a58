/// How old the state is that the node decides on.
///
/// A linearizable read of the cluster's head that began at a moment and found
/// revision H proves: once the projection has H, it holds all that was
/// committed before that moment. One such read is in flight at a time, for all
/// who wait; at least every 250 ms.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "actors/freshness_gate.hpp"
#include "net/cluster/boot_clock.hpp"
#include "net/cluster/options.hpp"
#include "net/cluster/progress.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

class freshness final : public actors::freshness_gate {
 public:
  /// Told when the state becomes too old, and recent again; why, for the log.
  using told = std::function<void(bool fresh, const std::string& why)>;

  /// `p` outlives it.
  freshness(const options& o, storage::cluster_keys keys, progress& p, told tell);
  ~freshness() override;  ///< stops

  void start();
  /// Those who wait are refused (503), as is everybody after it.
  void stop();

  bool lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept override;
  std::string not_fresh() const override;

  /// The cluster's last revision, as far as it is known.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_relaxed); }
  /// Nothing if the state was never known to be recent.
  std::optional<std::chrono::milliseconds> age() const noexcept;
  std::string trouble() const;

 private:
  using clock = boot_clock;
  struct waiting {
    proto::exchange_ptr ex;
    clock::time_point since;
    const way_on* then;
  };

  bool is_fresh(clock::time_point now) const noexcept;
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);
  void let_go(clock::time_point as_of);
  void refuse_those_too_late();
  void say_if_changed();
  void rest(const std::stop_token& stop, bool failed);

  const options options_;
  const std::chrono::milliseconds every_;
  const storage::cluster_keys keys_;
  progress& progress_;
  const told tell_;
  etcd::client etcd_;

  std::atomic<std::int64_t> as_of_ = 0;  ///< nanoseconds of the clock; 0 = never
  std::atomic<std::uint64_t> head_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::deque<waiting> waiting_;
  bool stopped_ = false;
  std::string trouble_;
  bool was_fresh_ = false;
  std::jthread thread_;
};

}  // namespace authnz::net::cluster
