/// Whether all nodes of a cluster have the same records.
///
/// Slices are compared in ranges, by digest. With etcd's addresses each node is
/// compared with what etcd had at the node's revision. Without, with the first
/// node: two that differ are asked again if one of them is behind, and only
/// what differs at one and the same revision is a difference.
#pragma once

#include "tools/ctl/etcd_options.hpp"
#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// Asks the node at `first` who the members are, then every member. Returns
/// the exit status (fsck_command.hpp).
int fsck_cluster(const node_options& first, const etcd_options& etcd, bool as_json);

}  // namespace authnz::ctl
