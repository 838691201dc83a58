/// Who a cluster is: the record PREFIX/cluster, and making one of a single
/// node's store, and a single node's store of one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/cluster/options.hpp"
#include "storage/cluster_keys.hpp"
#include "storage/environment.hpp"

namespace authnz::net::cluster {

/// A JSON object: `{"id": 32 hexadecimal digits, "format": 1, "state": "uploading" or "ready", "created": TIME}`.
struct identity {
  std::string id;
  std::uint64_t format = 1;
  bool ready = false;   ///< false = the upload is not finished
  std::string created;  ///< ISO 8601, UTC
  std::uint64_t revision = 0;
};
inline constexpr std::uint64_t cluster_format = 1;

std::string identity_text(const identity& who);

/// Nothing if there is no cluster under the prefix. The error is one line.
tl::expected<std::optional<identity>, std::string> read_identity(etcd::client& etcd, const storage::cluster_keys& keys);

/// Whether etcd takes what the journal will send: transactions of enough
/// operations. The error says which option of etcd to raise.
tl::expected<void, std::string> probe_limits(etcd::client& etcd, const storage::cluster_keys& keys);

/// How far an upload is. Each record is looked at twice: it is sent, and
/// compared in the end.
using transfer_progress = std::function<void(std::uint64_t looked_at, std::uint64_t total)>;

/// Uploads a single node's store as a new cluster and marks the store as its
/// projection that must be rebuilt. When it was interrupted, goes on where it
/// was, if nobody else did meanwhile; refuses if the prefix has another
/// cluster, or anything. Returns the id. The error is one line.
tl::expected<std::string, std::string> found_cluster(storage::environment& store, const options& o,
                                                     const transfer_progress& progress);

}  // namespace authnz::net::cluster
