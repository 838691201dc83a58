/// A node's place among the nodes: its registration under a lease, and the
/// duties that it holds.
///
/// One thread. Losing the lease loses the duties at once (by this node's own
/// clock, suspensions included, before etcd can give them to another); the node
/// registers again by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/duties.hpp"
#include "net/cluster/options.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

/// A registered node; its record is a JSON object.
struct member {
  std::string node;
  std::string address;
  std::string version;
  std::string started;         ///< ISO 8601, UTC
  std::uint64_t revision = 0;  ///< of the registration
  std::vector<std::string> duties = {};
};

/// Told when the registration is lost, won, or refused because another process
/// has the name. One line, for the log.
using membership_log = std::function<void(bool registered, const std::string& why)>;

class membership final : public actors::duty_roster {
 public:
  membership(const options& o, storage::cluster_keys keys, membership_log log);
  ~membership() override;  ///< stops

  /// Registers. The error is one line: the name is taken by a live node, or
  /// etcd is out of reach.
  tl::expected<void, std::string> start();
  /// Gives the lease back, so that the duties are free at once. Idempotent.
  void stop();
  /// Gives the duties up and takes none any more.
  void drain();

  bool has(actors::duty d) const noexcept override;
  std::optional<storage::expectation> fence(actors::duty d) const override;
  bool registered() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Who is registered, and who holds which duty. Asks etcd.
etcd::outcome<std::vector<member>> read_members(etcd::client& etcd, const storage::cluster_keys& keys);

}  // namespace authnz::net::cluster
