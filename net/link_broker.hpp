/// Where connected sockets enter CAF's network layer (CAF 0.17.6's BASP broker).
///
/// CAF's own doorman listens and its own TLS shakes hands; ours does neither:
/// it is given sockets whose peers are known already. So whoever is not let in
/// never reaches CAF (docs/decisions/0011-tls-before-caf.md).
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tl/expected.hpp>

#include "actors/inspection_door.hpp"

namespace authnz::net {

/// Loads CAF's network layer, with heartbeats that notice a hung peer. No
/// connections but those that are asked for, no options of CAF's own.
void load_links(caf::actor_system_config& config);

/// Publishes one actor to the peers of the sockets that it is given.
class link_entrance {
 public:
  /// `port` is a name only: no two entrances of a system that are not closed may
  /// share it.
  template <class Door>
  static tl::expected<link_entrance, std::string> open(caf::actor_system& system, const Door& whom,
                                                       std::uint16_t port) {
    return open(system, caf::actor_cast<caf::strong_actor_ptr>(whom), system.message_types(whom), port);
  }
  /// Takes a connected stream socket, which is closed in the end. Thread-safe.
  void admit(int socket);
  /// Lets nobody in any more. Before the actor system ends.
  void close();

 private:
  class doorman;
  link_entrance(caf::actor_system& system, caf::intrusive_ptr<caf::ref_counted> inside);
  static tl::expected<link_entrance, std::string> open(caf::actor_system& system, caf::strong_actor_ptr whom,
                                                       std::set<std::string> types, std::uint16_t port);
  caf::actor_system* system_;
  caf::intrusive_ptr<caf::ref_counted> inside_;
};

/// Greets the node at the other end of a connected stream socket, which is
/// closed in the end. The handle is null unless the node publishes a door.
tl::expected<actors::inspection_door, std::string> greet(caf::actor_system& system, int socket,
                                                         std::chrono::milliseconds longest);

/// The same for an actor of the system, which goes on meanwhile. `then` gets
/// null unless the node publishes an actor that takes all of `types`.
void greet(caf::event_based_actor* self, int socket, std::chrono::milliseconds longest, std::set<std::string> types,
           const std::function<void(tl::expected<caf::strong_actor_ptr, std::string>)>& then);

}  // namespace authnz::net
