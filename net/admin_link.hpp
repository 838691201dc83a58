/// The node's end of the admin link: publishes the inspector to whoever has
/// shown a good certificate to a TLS listener of its own. Who asks is whom the
/// certificate names, whatever a tool says.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "actors/inspection_door.hpp"
#include "net/link_listener.hpp"

namespace authnz::net {

using admin_link_options = link_listener_options;

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
  /// Closes all links, and its actors.
  void stop();

 private:
  struct state;
  explicit admin_link(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
