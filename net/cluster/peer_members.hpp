/// Who is registered in etcd, for the links between nodes.
#pragma once

#include <memory>

#include "net/cluster/peers.hpp"
#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

/// Has a client of its own.
std::unique_ptr<member_source> members_in_etcd(etcd::options o, storage::cluster_keys keys);

}  // namespace authnz::net::cluster
