/// The other nodes of a cluster, as this node's actors know them.
///
/// What nodes say to each other are texts in a packed form (storage/codec.hpp,
/// a version byte first), so that two builds can work side by side: what a node
/// does not understand it answers with an error, and the asker does without.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/inspection_door.hpp"

namespace authnz::actors {

using take_atom = caf::atom_constant<caf::atom("take")>;
using hand_atom = caf::atom_constant<caf::atom("hand")>;
using hash_atom = caf::atom_constant<caf::atom("hash")>;
/// Raised when two builds could misunderstand each other.
inline constexpr std::uint16_t peer_protocol = 1;

/// What every node publishes to its peers.
using first_peer_door = caf::typed_actor<
    // peer_protocol, cluster's id, the asker's node and session, its own door -> the answering node's name; an
    // error if anything does not fit. Whoever dialled says hello; so both ends have the other's door.
    caf::replies_to<hello_atom, std::uint16_t, std::string, std::string, std::string, caf::actor>::with<std::string>,
    // buckets to take from -> verdicts, in order
    caf::replies_to<take_atom, std::string>::with<std::string>,
    // buckets whose owner the receiver is now; fire and forget
    caf::reacts_to<hand_atom, std::string>,
    // an administrator's question: name, arguments, who asks -> the answer (inspection_door's)
    caf::replies_to<ask_atom, std::string, std::string, std::string>::with<std::string>>;

/// The handle that a peer is asked by. Older builds do not understand all of it,
/// and answer what they do not with `unexpected_message`.
using peer_door = first_peer_door::extend<
    // a password to compute with (actors/hash_offer_text.hpp) -> the answer; empty = not understood
    caf::replies_to<hash_atom, std::string>::with<std::string>>;

struct peer {
  std::string node;
  peer_door door;  ///< null = there is no link at the moment
};

/// Who is registered now. Immutable; a new one replaces it.
struct peer_view {
  std::uint64_t number = 0;  ///< ascends with every change
  std::string self;
  std::vector<peer> others;  ///< by name; registered nodes but this one
};

class peer_roster {
 public:
  virtual ~peer_roster() = default;
  /// Never null. From any thread; cheap.
  virtual std::shared_ptr<const peer_view> current() const noexcept = 0;
};

/// Who counts a bucket: the node with the greatest hash of node and key among
/// `view.self` and `view.others` (rendezvous hashing, Thaler and Ravishankar
/// 1998), so that a change of members moves the buckets of that member alone.
/// Empty = this node.
std::string_view owner_of(const peer_view& view, std::string_view key);

}  // namespace authnz::actors
