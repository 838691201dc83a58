/// The links of a node to the other nodes of its cluster.
///
/// Of two nodes the one whose name comes later dials, so that there is one link
/// for each pair; both ends have the other's door. TLS 1.3 with certificates of
/// the cluster's own authority, whose names are the nodes'. A link that ends,
/// or whose peer is silent for two seconds, takes its door out of the view at
/// once; it is dialled again after 0.1 to 2 s. CAF does not tell askers that a
/// link has ended: ask doors with a time limit.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/peers.hpp"
#include "net/certificate_folder.hpp"
#include "net/cluster/peer_dials.hpp"
#include "net/cluster/peer_doors.hpp"

namespace authnz::net::cluster {

struct linked_member {
  std::string node;
  std::string link;  ///< HOST:PORT; empty = it listens for no links
};

/// Who is registered.
class member_source {
 public:
  virtual ~member_source() = default;
  /// May take seconds. Nothing = not known now.
  virtual std::optional<std::vector<linked_member>> read() = 0;
  /// Ends a read under way soon, and all later ones. From any thread.
  virtual void stop() noexcept {}
};

enum class peer_event : std::uint8_t {
  linked,         ///< the peer's name
  lost,           ///< the peer's name
  failed,         ///< the peer's name, and why there is no link
  refused,        ///< why a stranger was let go
  accept_failed,  ///< the system's reason
};

struct peer_options {
  peer_identity self;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free one
  peer_pace pace = {};
  std::function<void(peer_event, const std::string& node, const std::string& why)> on_event = {};  ///< must not block
};

class peers final : public actors::peer_roster {
 public:
  /// Knows nobody until it is started.
  explicit peers(peer_options o);
  ~peers() override;  ///< stops
  peers(const peers&) = delete;
  peers& operator=(const peers&) = delete;

  /// Once. `system` has loaded links (net/link_broker.hpp). The error is one
  /// line for the operator.
  tl::expected<void, std::string> start(caf::actor_system& system, const link_identity& identity,
                                        std::unique_ptr<member_source> members, peer_service service);
  /// Waits until all who are registered are linked, but not longer than that.
  /// Those that offer no link are not waited for.
  bool wait_until_linked(std::chrono::milliseconds longest);
  /// 0 before `start`.
  std::uint16_t port() const;
  /// For links from now on. Thread-safe.
  tl::expected<void, std::string> set_identity(const link_identity& identity);
  /// Closes all links and its actors; no door is left in the view. What was sent
  /// before arrives, at peers that answer soon. After the actors that use doors
  /// have ended, which do not wait for these; before the actor system ends.
  /// Idempotent.
  void stop();

  std::shared_ptr<const actors::peer_view> current() const noexcept override;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net::cluster
