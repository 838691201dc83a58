/// What a watch of etcd tells, as changes of the projection.
#pragma once

#include <span>
#include <vector>

#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"
#include "storage/projection.hpp"

namespace authnz::net::cluster {

/// One for each revision among the events, in order. Keys that mean nothing
/// here are passed over; their revisions are not. `damaged` counts parts whose
/// events cannot be read.
struct read_changes {
  std::vector<storage::revision_changes> changes;
  std::size_t damaged = 0;
};
read_changes changes_of(const storage::cluster_keys& keys, std::vector<etcd::event>&& events);

}  // namespace authnz::net::cluster
