/// A node's registration: the record PREFIX/members/NODE under a lease, which
/// nobody makes twice.
///
/// One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/cluster/boot_clock.hpp"
#include "net/cluster/options.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

/// 36 characters that no other process ever had.
std::string random_session();

/// A registration's value: a JSON object of these names.
struct registrant {
  std::string address;
  std::string version;
  std::string started;    ///< ISO 8601, UTC
  std::string session;    ///< random; tells processes of one name apart
  std::string link = {};  ///< HOST:PORT of the links between nodes; empty = it has none
};
std::string encode_registrant(const registrant& r);
/// What is missing or damaged is empty.
registrant decode_registrant(std::string_view value);

class registration {
 public:
  /// `etcd` and `keys` outlive it.
  registration(etcd::client& etcd, const storage::cluster_keys& keys, const options& o);

  /// Tries to register. Nothing = done; else who has the name. After an
  /// outcome that is unknown, call it again.
  etcd::outcome<std::optional<registrant>> make();
  /// False = the lease has ended, and the registration with it.
  etcd::outcome<bool> keep();
  /// Gives the lease back, and with it all that is under it, as far as etcd can
  /// be reached: the lease is not kept any more. By a client of its own, so it
  /// works when the other was stopped.
  void give_back();

  bool made() const { return revision_ != 0; }
  std::int64_t lease() const { return lease_; }
  std::uint64_t revision() const { return revision_; }
  const std::string& node() const { return node_; }
  const registrant& self() const { return self_; }
  /// Until then etcd has not ended the lease, whatever happens.
  boot_clock::time_point certain_until() const { return certain_until_; }

 private:
  etcd::outcome<std::optional<registrant>> put();

  etcd::client& etcd_;
  const storage::cluster_keys& keys_;
  etcd::options how_;
  std::string node_;
  std::chrono::seconds ttl_;
  registrant self_;
  std::int64_t lease_ = 0;
  std::uint64_t revision_ = 0;
  boot_clock::time_point certain_until_{};
};

}  // namespace authnz::net::cluster
