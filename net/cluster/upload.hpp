/// Makes a cluster's records in etcd those of a store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"
#include "storage/slices.hpp"

namespace authnz::net::cluster {

/// Whether the upload of a cluster has records of such a slice.
constexpr bool is_uploaded(const storage::slice_row& row) { return row.of == storage::scope::cluster && !row.derived; }

/// Whether such a record stays where it is: who has a duty is decided anew.
bool stays(storage::slice in, std::string_view key);

class upload {
 public:
  /// Writes only while the identity's last revision is `guard`.
  upload(etcd::client& etcd, const storage::cluster_keys& keys, std::uint64_t guard)
      : etcd_(etcd), keys_(keys), guard_(guard) {}

  using told = std::function<void(std::uint64_t records)>;

  /// Puts what etcd lacks, or has otherwise, and erases what the store does not
  /// have. Returns how many records that were. May be repeated.
  tl::expected<std::uint64_t, std::string> send(const storage::view& from, const told& progress);
  /// Counts what `send` would change.
  tl::expected<std::uint64_t, std::string> compare(const storage::view& from, const told& progress);

 private:
  etcd::client& etcd_;
  const storage::cluster_keys& keys_;
  std::uint64_t guard_;
};

}  // namespace authnz::net::cluster
