/// Fetches all of a cluster's state into a node's projection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"
#include "storage/projection.hpp"

namespace authnz::net::cluster {

/// Told how many records have been fetched; may be empty.
using rebuild_progress = std::function<void(std::uint64_t records)>;

/// Requires that etcd has `cluster`, ready, under the prefix: else nothing is
/// touched, for what is here may be all that is left of it.
///
/// Begins the rebuild of `into` as `cluster`'s, makes every slice equal to what
/// etcd has at one revision, page by page, and ends it; returns the revision.
/// When that revision is compacted meanwhile, goes on at a newer one. The error
/// is one line; then the projection is not whole, and the call may be repeated.
tl::expected<std::uint64_t, std::string> rebuild_from_etcd(etcd::client& etcd, const storage::cluster_keys& keys,
                                                           storage::projection& into, const std::string& cluster,
                                                           const std::string& event_of_gap,
                                                           const rebuild_progress& progress);

}  // namespace authnz::net::cluster
