/// What administrators see and do while the server runs: the inspector, its
/// link, and the metrics.
#pragma once

#include <memory>

#include "actors/inspection.hpp"
#include "actors/inspector.hpp"
#include "net/listener.hpp"
#include "storage/environment.hpp"
#include "tools/daemon/cluster_node.hpp"
#include "tools/daemon/config.hpp"
#include "tools/daemon/requests_to_main.hpp"

namespace authnz::daemon {

/// All of it outlives the administration.
struct administration_parts {
  const config& started_with;
  caf::actor_system& system;
  storage::environment& store;  ///< this node's own
  storage::store& state;        ///< what is decided on: the same, or the cluster's
  cluster_node* cluster;        ///< null = a single node
  const actors::route_table& routes;
  actors::gateway_ingress& door;
  const actors::node& node;
  actors::node_meters_ptr meters;
  std::shared_ptr<actors::tracer> traces;
  std::shared_ptr<actors::audit_log> audit;
  std::shared_ptr<actors::logger> log;
  actors::settings_ptr settings;
  const net::listener& listener;
  requests_to_main& wishes;
};

class administration {
 public:
  explicit administration(administration_parts parts);
  ~administration();  ///< stops
  administration(const administration&) = delete;
  administration& operator=(const administration&) = delete;

  /// Opens what the configuration asks for, or says in one line what to do.
  tl::expected<void, std::string> start();
  /// The link's certificates, as their files are now. After an error those hold
  /// that held before.
  tl::expected<void, std::string> reload_certificates();
  void stop();
  /// Null before it is started.
  actors::inspection_door inspector() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace authnz::daemon
