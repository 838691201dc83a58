/// Dials peers, and dials them again: each that is wished for has a link, or is
/// soon tried anew.
///
/// One thread. Nothing takes longer than it may: connecting, the handshake, the
/// greeting, a silence.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "actors/peers.hpp"
#include "net/certificate_folder.hpp"
#include "net/cluster/peer_doors.hpp"

namespace authnz::net::cluster {

/// How long things may take; tests are in a hurry.
struct peer_pace {
  std::chrono::milliseconds look{1000};        ///< at who is registered
  std::chrono::milliseconds keep{3000};        ///< a member that is registered no more
  std::chrono::milliseconds step{2000};        ///< connecting, handshake, greeting: each
  std::chrono::milliseconds silence{2000};     ///< of a peer; heartbeats come twice a second
  std::chrono::milliseconds first_pause{100};  ///< before a peer is dialled again
  std::chrono::milliseconds longest_pause{2000};
};

struct dial_events {
  std::function<void(const std::string& node, const actors::peer_door& door)> up;
  /// Once for each `up`, unless stopped.
  std::function<void(const std::string& node)> down;
  /// A peer has no link, and why; not the same twice in a row.
  std::function<void(const std::string& node, const std::string& why)> failed;
};

class peer_dials {
 public:
  /// `doors` outlives it. The events come on its own thread. The error is one
  /// line: the certificate cannot be used.
  static tl::expected<std::unique_ptr<peer_dials>, std::string> open(caf::actor_system& system, peer_doors& doors,
                                                                     peer_identity self, const link_identity& identity,
                                                                     peer_pace pace, dial_events events);
  ~peer_dials();  ///< stops
  peer_dials(const peer_dials&) = delete;
  peer_dials& operator=(const peer_dials&) = delete;

  /// Who is to be linked to, and where (HOST:PORT). Links to others are closed,
  /// and their doors given up.
  void set_targets(std::map<std::string, std::string> targets);
  /// For links from now on. Thread-safe, as is `set_targets`.
  tl::expected<void, std::string> set_identity(const link_identity& identity);
  /// Closes all links. Idempotent.
  void stop();

 private:
  class line;
  struct state;
  explicit peer_dials(std::shared_ptr<state> s);
  std::shared_ptr<state> state_;
};

}  // namespace authnz::net::cluster
