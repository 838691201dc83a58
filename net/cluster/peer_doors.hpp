/// The doors of a node: one for each peer, so that each knows who is behind the
/// link that it is published to.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/inspection_door.hpp"
#include "actors/peers.hpp"
#include "net/link_broker.hpp"

namespace authnz::net::cluster {

/// What a node does for its peers. All is called on the actors' threads and must
/// not block. Texts are as in actors/peers.hpp.
struct peer_service {
  /// Buckets to take from. `reply` is called at most once, from any thread.
  std::function<void(std::string packed, std::function<void(std::string)> reply)> take;
  /// A computation that a peer offers; `reply` as above.
  std::function<void(std::string packed, std::function<void(std::string)> reply)> hash;
  /// Buckets whose owner this node is now.
  std::function<void(std::string packed)> hand;
  /// The actor that answers administrators at this moment; null while there is none.
  std::function<actors::inspection_door()> inspector;
};

/// Who a node is to its peers.
struct peer_identity {
  std::string cluster;  ///< the cluster's id
  std::string node;
  std::string session;  ///< random, of this process
};

class peer_doors {
 public:
  /// Hears who said hello, from where it can be asked; false = it has no link.
  using listener = std::function<bool(const std::string& node, const actors::peer_door& door)>;

  /// `system` has loaded links (net/link_broker.hpp). It does not wait for doors
  /// before it ends: close them. After that nothing is called any more.
  peer_doors(caf::actor_system& system, peer_identity self, peer_service service, listener heard);
  ~peer_doors();  ///< closes
  peer_doors(const peer_doors&) = delete;
  peer_doors& operator=(const peer_doors&) = delete;

  /// The door of a peer. It answers nothing but hello until it was greeted: a
  /// peer of another cluster or protocol is served nothing. Thread-safe, as are
  /// all but `close`.
  actors::peer_door of(const std::string& peer);
  /// Publishes the door of a peer to it, which is to greet. Takes the socket in
  /// any case.
  tl::expected<void, std::string> admit(const std::string& peer, int socket);
  /// For links that this node dialled, where the peer hears hello and does not
  /// say it. It may ask at once: to be set before hello is said, and back if it
  /// is refused.
  void set_greeted(const std::string& peer, bool greeted);
  /// Gives the door of a peer up, and its entrance, whose number is used again.
  /// Waits until it is not in use any more. Links to it are to be closed first.
  void forget(const std::string& peer);
  /// Waits until no door is in use any more. Idempotent.
  void close();

 private:
  struct entry;
  // All under the mutex.
  entry& find(const std::string& peer);
  tl::expected<void, std::string> open_entrance(entry& e);
  void end(entry& e);

  caf::actor_system& system_;
  struct parts;
  const std::shared_ptr<const parts> parts_;
  std::mutex mutex_;
  std::map<std::string, entry> entries_;
  std::uint16_t last_entrance_ = 0;
  std::vector<std::uint16_t> free_entrances_;
};

}  // namespace authnz::net::cluster
