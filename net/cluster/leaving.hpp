/// Takes a node out of its cluster for good.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "net/cluster/options.hpp"
#include "net/cluster/rebuild.hpp"
#include "storage/environment.hpp"

namespace authnz::net::cluster {

/// Removes what etcd knows of the node `o.node`, which must not run: it is
/// refused while the node is registered. The error is one line.
tl::expected<void, std::string> forget_node(const options& o);

/// Brings the projection up to date and makes it a single node's store; then
/// forgets the node. Nothing of what is decided afterwards is in it, and
/// nothing of what it decides is in the cluster. The error is one line; the
/// store may be left not whole then, and the call repeated.
tl::expected<void, std::string> leave_with_store(storage::environment& store, const options& o,
                                                 const std::string& event_of_gap, const rebuild_progress& progress);

/// When etcd and all that it had is lost: makes the projection a single node's
/// store as it is. Requires a whole one. The error is one line.
tl::expected<void, std::string> leave_without_etcd(storage::environment& store);

}  // namespace authnz::net::cluster
