/// Follows the cluster: watches what etcd has under PREFIX/d/ and applies it to
/// the node's projection; fetches all of it anew when the watch cannot go on
/// where the projection is.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "net/cluster/cluster_store.hpp"
#include "net/cluster/options.hpp"
#include "net/cluster/progress.hpp"
#include "storage/cluster_keys.hpp"
#include "storage/projection.hpp"

namespace authnz::net::cluster {

struct follower_parts {
  storage::environment& projected;
  progress& reached;                    ///< is told how far the projection is
  std::function<std::uint64_t()> head;  ///< the cluster's last revision, as far as it is known
  cluster_log log;
  std::function<std::string()> event_of_gap;
};

/// One thread.
class follower {
 public:
  follower(const options& o, storage::cluster_keys keys, std::string cluster, follower_parts parts);
  ~follower();  ///< stops

  void start();
  void stop();

  std::string trouble() const;
  std::uint64_t rebuilds() const noexcept { return rebuilds_; }
  std::uint64_t reconnects() const noexcept { return reconnects_; }

 private:
  void run(const std::stop_token& stop);
  void fetch_all(const std::stop_token& stop);
  /// Whether etcd's history is the one that the projection has followed; asks
  /// etcd. Nothing = it does not answer.
  std::optional<bool> is_continued();
  void watch_on(const std::stop_token& stop);
  bool apply(std::vector<etcd::event>&& events, const std::stop_token& stop);
  bool is_stuck(std::chrono::milliseconds silence);
  /// Why the watch must be begun anew; empty while it need not.
  std::string follow(etcd::watch& stream, const std::stop_token& stop);
  void say(const std::string& text);
  void rest(const std::stop_token& stop, std::chrono::milliseconds longest);

  const options options_;
  const storage::cluster_keys keys_;
  const std::string cluster_;
  follower_parts parts_;
  storage::projection projection_;
  etcd::client etcd_;
  std::size_t skipped_ = 0;            ///< of etcd's members, by the next watch
  int failures_ = 0;                   ///< in a row
  std::chrono::milliseconds silence_;  ///< of a watch while there is news, until another is begun
  std::chrono::steady_clock::time_point behind_since_{};
  std::optional<std::chrono::steady_clock::time_point> rebuilt_;
  std::atomic<std::uint64_t> rebuilds_ = 0;
  std::atomic<std::uint64_t> reconnects_ = 0;
  mutable std::mutex mutex_;
  std::string trouble_;
  etcd::watch* watching_ = nullptr;
  std::jthread thread_;
};

}  // namespace authnz::net::cluster
