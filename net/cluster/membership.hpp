/// A node's place among the nodes: its registration under a lease, and the
/// duties that it holds. Duties that are free it tries to take, the later the
/// more it has; and it has etcd compacted when it has that one.
///
/// One thread. Losing the lease loses the duties at once (by this node's own
/// clock, suspensions included, before etcd can give them to another); the node
/// registers again by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
  std::string link = {};  ///< where it is linked to, HOST:PORT; empty = it has no links
};

/// Told when the registration is lost, won, or refused because another process
/// has the name. One line, for the log.
using membership_log = std::function<void(bool registered, const std::string& why)>;

/// How often things are looked after; tests are in a hurry.
struct membership_pace {
  std::chrono::milliseconds look{1000};                   ///< at the duties
  std::chrono::milliseconds compact{300'000};             ///< etcd's revision is noted
  std::optional<std::chrono::milliseconds> history = {};  ///< nothing = as the options say
};

class membership final : public actors::duty_roster {
 public:
  membership(const options& o, storage::cluster_keys keys, membership_log log, membership_pace pace = {});
  ~membership() override;  ///< stops

  /// Registers; once. The error is one line: the name is taken by a live node,
  /// or etcd is out of reach. A registration of the name that is there is given
  /// the time to end: it may be of the process before this one, which was killed.
  tl::expected<void, std::string> start();
  /// Gives the lease back, so that the duties are free at once. Idempotent, and
  /// from any thread; a start under way ends soon.
  void stop();
  /// Gives the duties up and takes none any more. Waits until etcd knows, for
  /// some seconds; beyond, that is tried on until it does. From any thread.
  void drain();

  bool has(actors::duty d) const noexcept override;
  /// Never nothing; one that cannot hold when this node never had the duty.
  std::optional<storage::expectation> fence(actors::duty d) const override;
  /// Random, of this process; in its registration.
  const std::string& session() const noexcept;
  /// By this node's own clock.
  bool registered() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Who is registered, and who holds which duty. Asks etcd.
etcd::outcome<std::vector<member>> read_members(etcd::client& etcd, const storage::cluster_keys& keys);

}  // namespace authnz::net::cluster
