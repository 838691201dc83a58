/// Where administrators' questions to etcd are answered: one after the other,
/// on a thread of their own, so that an etcd that is slow keeps nobody else
/// waiting.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "net/etcd/client.hpp"

namespace authnz::daemon {

class etcd_desk {
 public:
  /// Called on the desk's thread; must not throw.
  using question = std::function<void(net::etcd::client&)>;
  static constexpr std::size_t most_waiting = 16;

  explicit etcd_desk(net::etcd::options o);
  ~etcd_desk();  ///< stops
  etcd_desk(const etcd_desk&) = delete;
  etcd_desk& operator=(const etcd_desk&) = delete;

  /// Whether it was taken; not when too many wait, or after `stop`.
  bool ask(question q);
  /// Those that wait are dropped, the one under way ends soon. Idempotent.
  void stop() noexcept;

 private:
  void run();

  net::etcd::client etcd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<question> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace authnz::daemon
