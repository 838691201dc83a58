/// A node's links to the other nodes of its cluster, as the configuration wants
/// them.
#pragma once

#include <caf/all.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "actors/log.hpp"
#include "net/cluster/options.hpp"
#include "net/cluster/peers.hpp"
#include "tools/daemon/config.hpp"

namespace authnz::daemon {

class cluster_links {
 public:
  /// `wanted.port` is not 0.
  cluster_links(cluster_link_items wanted, net::cluster::options o, net::cluster::peer_identity self,
                std::shared_ptr<const actors::logger> log);

  const actors::peer_roster& roster() const noexcept { return peers_; }
  /// Once; waits some moments until the others are linked, and have told what
  /// they count, so that nobody's limits begin anew because a node did. The
  /// error is one line that says what to do.
  tl::expected<void, std::string> start(caf::actor_system& system, net::cluster::peer_service service);
  /// The certificates, as their files are now. After an error those hold that
  /// held before.
  tl::expected<void, std::string> reload_certificates();
  /// Before the actor system ends. Idempotent.
  void stop() { peers_.stop(); }

 private:
  tl::expected<net::link_identity, std::string> read_identity() const;

  const cluster_link_items wanted_;
  const net::cluster::options options_;
  const std::shared_ptr<const actors::logger> log_;
  net::cluster::peers peers_;
};

}  // namespace authnz::daemon
