/// A node's part in its cluster while the server runs: its store, its place
/// among the nodes, and what administrators ask of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <tl/expected.hpp>

#include "actors/audit.hpp"
#include "actors/inspection.hpp"
#include "actors/log.hpp"
#include "net/cluster/cluster_store.hpp"
#include "net/cluster/membership.hpp"
#include "tools/daemon/cluster_links.hpp"
#include "tools/daemon/etcd_desk.hpp"
#include "tools/daemon/requests_to_main.hpp"

namespace authnz::daemon {

/// Whether a store may be served from by a node without a cluster: not if it is
/// a cluster's projection. The error says what to do.
tl::expected<void, std::string> check_single(storage::environment& store);

class cluster_node {
 public:
  /// `local` outlives it.
  cluster_node(storage::environment& local, net::cluster::options o, cluster_link_items links,
               std::shared_ptr<const actors::logger> log, std::shared_ptr<const actors::audit_log> audit);
  ~cluster_node();  ///< stops
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  /// Brings the state up to date and registers. May take long; SIGTERM ends it,
  /// and then the answer is false. A reload that is wished meanwhile is done
  /// when the server serves.
  tl::expected<bool, std::string> join(requests_to_main& wishes);

  storage::store& store() noexcept { return store_; }
  actors::freshness_gate& freshness() noexcept { return store_; }
  actors::duty_roster& duties() noexcept { return membership_; }
  /// The other nodes, once joined; null = there are no links to them.
  const actors::peer_roster* peers() const noexcept { return links_ ? &links_->roster() : nullptr; }
  /// The cluster's id, once joined.
  std::string id() const { return store_.look().cluster; }
  actors::cluster_outside outside();
  actors::cluster_row look() const;

  /// Links to the other nodes, if they are wanted; stop them before the actor
  /// system ends. The error is one line that says what to do.
  tl::expected<void, std::string> start_links(caf::actor_system& system, net::cluster::peer_service service);
  tl::expected<void, std::string> reload_certificates();
  void stop_links();

  /// The server drains: duties are given up soon, and none is taken any more.
  void drain();
  /// Calls `end_users` while commits go on to be answered, for a few seconds;
  /// beyond, they are refused, so that an etcd that is gone holds nobody up.
  void end(const std::function<void()>& end_users);

 private:
  tl::expected<void, std::string> await_name(const std::stop_token& stopped);
  void await_fresh(const std::stop_token& stopped) const;
  void stop();
  void give_duties_up();
  std::vector<std::string> duties_held() const;
  void tell_status(const actors::answer_to& done, net::etcd::client& etcd) const;
  void tell_members(const actors::answer_to& done, net::etcd::client& etcd) const;
  void ask(const actors::answer_to& done, std::function<void(net::etcd::client&)> question);

  const net::cluster::options options_;
  const cluster_link_items wanted_links_;
  const std::shared_ptr<const actors::logger> logger_;
  net::cluster::cluster_log log_;
  net::cluster::cluster_store store_;
  net::cluster::membership membership_;
  etcd_desk desk_;
  std::unique_ptr<cluster_links> links_;  ///< null = not joined yet, or not wanted
  std::atomic<bool> drained_ = false;
};

}  // namespace authnz::daemon
