/// Looks at a node as a whole. Asks no actor: all of it is read from counters,
/// cards and the store's own books, so it may be done at any time, from any
/// thread but the scheduler's.
#pragma once

#include <functional>
#include <string>

#include "actors/gateway.hpp"
#include "actors/snapshot.hpp"
#include "actors/spawn.hpp"
#include "storage/environment.hpp"

namespace authnz::actors {

/// All of it outlives the looks.
struct snapshot_sources {
  const node& actors;
  node_meters_ptr meters;
  const gateway_ingress& door;
  storage::environment& store;
  std::function<listener_row()> listeners;
  std::string node_name;
  std::string version;
  std::function<cluster_row()> cluster = {};  ///< empty on a single node
};

snapshot take_snapshot(const snapshot_sources& from);

}  // namespace authnz::actors
