/// What a node says of its cluster to administrators: facts, and what is wrong
/// in sentences that say what to do.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/peers.hpp"
#include "net/cluster/cluster_store.hpp"
#include "net/cluster/membership.hpp"

namespace authnz::daemon {

struct cluster_facts {
  net::cluster::cluster_state state;
  net::cluster::consistency reads = net::cluster::consistency::bounded;
  std::chrono::milliseconds bound{1000};
  std::string prefix;
  bool registered = false;
  bool drained = false;
  std::vector<std::string> duties;
  std::shared_ptr<const actors::peer_view> links = nullptr;  ///< null = there are no links to other nodes
  std::vector<net::etcd::member_status> etcd;                ///< every endpoint that is configured
};

/// Warned of beyond: etcd's default quota is 2 GiB, and its own is not told.
inline constexpr std::uint64_t much_for_etcd = 1536ULL << 20;

/// Empty if nothing is wrong. No personal data.
std::vector<std::string> problems_of(const cluster_facts& f);

/// The answer to `cluster-status`.
nlohmann::ordered_json report_of(const cluster_facts& f);

/// The answer to `cluster-members`. `links` may be null.
nlohmann::ordered_json list_of(const std::vector<net::cluster::member>& members, const std::string& this_node,
                               const actors::peer_view* links = nullptr);

}  // namespace authnz::daemon
