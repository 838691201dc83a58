/// The node's end of the admin link: a TLS listener of its own, which hands
/// links whose peer has shown a good certificate to CAF.
///
/// One thread. A stranger gets a TLS handshake and nothing else, is let go
/// after `handshake_time`, and when too many shake hands at once, the one that
/// takes longest is let go first: a peer that hangs keeps nobody out.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "actors/inspector.hpp"
#include "net/certificate_folder.hpp"

namespace authnz::net {

enum class link_event : std::uint8_t {
  opened,         ///< detail: the name in the peer's certificate
  closed,         ///< the same
  refused,        ///< detail: why the handshake failed
  accept_failed,  ///< detail: the system's reason
  full,           ///< as many links as there may be
};

struct admin_link_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free one
  std::size_t max_links = 64;
  std::size_t max_handshakes = 32;
  std::chrono::milliseconds handshake_time{5000};
  std::chrono::milliseconds longest_stall{15000};              ///< of a link; heartbeats come twice a second
  std::function<void(link_event, std::string_view)> on_event;  ///< on the link's thread; must not block
};

/// The actor that answers at this moment; null while there is none.
using door_finder = std::function<actors::inspection_door()>;

class admin_link {
 public:
  /// `system` has loaded links (net/link_broker.hpp) and outlives the link. The
  /// error is one line for the operator.
  static tl::expected<std::unique_ptr<admin_link>, std::string> open(caf::actor_system& system, door_finder find,
                                                                     const link_identity& identity,
                                                                     admin_link_options options);
  ~admin_link();  ///< stops
  admin_link(const admin_link&) = delete;
  admin_link& operator=(const admin_link&) = delete;

  std::uint16_t port() const;
  /// For links from now on. Thread-safe.
  tl::expected<void, std::string> set_identity(const link_identity& identity);
  /// Closes all links, and its actor.
  void stop();

 private:
  struct state;
  explicit admin_link(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
