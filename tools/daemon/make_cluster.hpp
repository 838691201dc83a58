/// Makes of a configuration what a node of a cluster needs to know.
#pragma once

#include <optional>
#include <string>

#include "net/cluster/options.hpp"
#include "tools/daemon/config.hpp"

namespace authnz::daemon {

/// Nothing for a single node.
std::optional<net::cluster::options> make_cluster_options(const config& c);

/// What the node is called where administrators look: its name in the cluster,
/// or the host's.
std::string name_of_node(const config& c);

}  // namespace authnz::daemon
