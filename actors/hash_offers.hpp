/// Hands password computations that would have to wait to nodes of the cluster
/// that have nothing to compute (docs/decisions/0018-hashing-on-idle-nodes.md).
///
/// A peer computes at once or says that it is busy; it queues nothing for
/// others, and hands nothing on. A computation changes nothing, so one whose
/// answer does not come is simply done here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/hash_offer_text.hpp"
#include "actors/interfaces.hpp"
#include "actors/peers.hpp"

namespace authnz::actors {

/// What a node shares its computations by.
struct hash_sharing {
  const peer_roster* peers = nullptr;  ///< null = it computes for itself alone; outlives the actors
  argon2_params usual = {};            ///< what a new hash costs
  proto::keyring_ptr keys = {};        ///< not null where there are peers
};

/// Belongs to the hasher.
class hash_offers {
 public:
  using clock = std::chrono::steady_clock;
  /// How long a peer may take to answer.
  static constexpr std::chrono::milliseconds patience{3000};
  /// How long a peer is not asked again that was busy; that did not answer; that does not understand this node.
  static constexpr std::chrono::milliseconds rest_of_busy{50};
  static constexpr std::chrono::milliseconds rest_of_silent{1000};
  static constexpr std::chrono::milliseconds rest_of_stranger{60'000};

  /// Computed, or `pending` as it was offered. Comes on the hasher's thread, unless it ends before.
  using returned = std::function<void(hash_ptr&&, clock::time_point since)>;

  hash_offers(hasher_actor::pointer self, returned then) : self_(self), then_(std::move(then)) {}

  /// Whether a peer may have room now.
  bool finds_room(const hash_sharing& how);
  /// Takes the job, which is in the queue since then, to a peer. False, and the
  /// job is left: nobody may have room now, or it is none to offer.
  bool take(const hash_sharing& how, hash_ptr& job, clock::time_point since);
  /// Computations at peers.
  std::uint32_t under_way() const { return under_way_; }

 private:
  /// What is known of a peer.
  struct peer_room {
    std::uint32_t asked = 0;  ///< computations that it has
    std::uint32_t most = 1;   ///< that it may have: one more after each that it did
    clock::time_point rests_until{};
  };
  struct offer;
  using offer_ptr = std::shared_ptr<offer>;

  const peer* choose(const peer_view& view);
  void forget_others(const peer_view& view);
  void answered(const offer_ptr& o, const std::string& sealed);
  /// `rest` 0 = it did what it was asked.
  void ended(const offer_ptr& o, std::chrono::milliseconds rest);

  hasher_actor::pointer self_;
  returned then_;
  std::map<std::string, peer_room> rooms_;
  std::uint32_t under_way_ = 0;
};

/// A job that a peer waits for.
struct hash_guest : pending_work {
  hash_guest(peer_ptr p, const offer_number& n) : asked(std::move(p)), number(n) {}
  peer_ptr asked;
  offer_number number;
};

/// Answers the peer whose job it was, if it was one's.
bool answer_guest(const hash_job& done, const proto::keyring_ptr& keys);

}  // namespace authnz::actors
