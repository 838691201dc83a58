/// Every typed actor interface, and every message that travels between actors.
///
/// Messages are shared_ptrs that are handed on, never copied: handlers take
/// them as `T&` and move. They never leave the process.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actors/mail.hpp"
#include "actors/password_hash.hpp"
#include "actors/settings.hpp"
#include "proto/exchange.hpp"
#include "proto/secret.hpp"
#include "storage/transaction.hpp"

namespace authnz::actors {
struct commit_job;
struct hash_job;
struct breach_job;
struct mail_job;
struct limits_job;
struct errand;
struct peer_job;
using commit_ptr = std::shared_ptr<commit_job>;
using hash_ptr = std::shared_ptr<hash_job>;
using breach_ptr = std::shared_ptr<breach_job>;
using mail_ptr = std::shared_ptr<mail_job>;
using limits_ptr = std::shared_ptr<limits_job>;  // actors/limits_job.hpp
using errand_ptr = std::shared_ptr<errand>;
using peer_ptr = std::shared_ptr<peer_job>;
}  // namespace authnz::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::proto::exchange_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::commit_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::hash_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::breach_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::mail_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::settings_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::limits_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::errand_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::peer_ptr)

namespace authnz::actors {

/// Asks an actor whether it is alive; every actor answers.
using ping_atom = caf::ping_atom;
using pong_atom = caf::pong_atom;
/// An actor's note to itself: work that queued meanwhile is to be done now.
using flush_atom = caf::flush_atom;
/// The server stops.
using drain_atom = caf::leave_atom;
/// An actor's timer.
using tick_atom = caf::tick_atom;
/// Look at your card (actor_card.hpp): an administrator has paused, resumed or
/// drained you, or some wait before your gate.
using gate_atom = caf::atom_constant<caf::atom("gate")>;

/// Decides requests: session, user, API-key, policy and mailer actors. It gets
/// its own jobs back when they are done.
using decider_actor = caf::typed_actor<caf::reacts_to<proto::exchange_ptr>,  // decide
                                       caf::reacts_to<commit_ptr>,           // a commit is done
                                       caf::reacts_to<hash_ptr>,             // a computation is done
                                       caf::reacts_to<breach_ptr>,           // a look-up is done
                                       caf::reacts_to<mail_ptr>,             // an attempt to send has ended
                                       caf::reacts_to<tick_atom>,            // holds that may have ended
                                       caf::reacts_to<flush_atom>,           // the outbox was changed by another
                                       caf::reacts_to<gate_atom>,            // its gate
                                       caf::reacts_to<drain_atom>,           // the server stops: holds end at once
                                       caf::reacts_to<settings_ptr>,         // new configuration
                                       caf::replies_to<ping_atom>::with<pong_atom>>;

/// Counts a request; refuses it (429) or passes it to its decider.
using ratelimit_actor = caf::typed_actor<caf::reacts_to<proto::exchange_ptr>,  // count, refuse or pass on
                                         caf::reacts_to<tick_atom>,            // forget full buckets
                                         caf::reacts_to<settings_ptr>,         // new limits
                                         caf::reacts_to<limits_ptr>,           // look at buckets, or fill them
                                         caf::reacts_to<peer_ptr>,             // another node's requests and buckets
                                         caf::reacts_to<flush_atom>,           // ask other nodes what has queued
                                         caf::reacts_to<gate_atom>,            // its gate
                                         caf::replies_to<ping_atom>::with<pong_atom>>;

/// The one actor that commits. Detached: it waits for the disk.
using journal_actor = caf::typed_actor<caf::reacts_to<commit_ptr>,  // queue
                                       caf::reacts_to<flush_atom>,  // commit what has queued
                                       caf::replies_to<ping_atom>::with<pong_atom>>;

/// Queues password computations and hands them to its detached hash workers.
using hasher_actor = caf::typed_actor<caf::reacts_to<hash_ptr>,                                 // queue
                                      caf::reacts_to<hash_ptr, caf::idle_atom, std::uint32_t>,  // worker n is done
                                      caf::reacts_to<peer_ptr>,      // another node's, if a worker has nothing to do
                                      caf::reacts_to<settings_ptr>,  // new configuration
                                      caf::reacts_to<gate_atom>,     // its gate
                                      caf::replies_to<ping_atom>::with<pong_atom>>;

/// One thread that computes, at the lowest priority.
using hash_worker_actor = caf::typed_actor<caf::reacts_to<hash_ptr>, caf::replies_to<ping_atom>::with<pong_atom>>;

/// Asks whether a password is known from a breach. Detached: it waits for the
/// network.
using breach_actor = caf::typed_actor<caf::reacts_to<breach_ptr>, caf::replies_to<ping_atom>::with<pong_atom>>;

/// Queues messages and hands them to its detached couriers.
using courier_pool_actor =
    caf::typed_actor<caf::reacts_to<mail_ptr>,                                 // queue
                     caf::reacts_to<mail_ptr, caf::idle_atom, std::uint32_t>,  // courier n is done
                     caf::reacts_to<tick_atom>,                                // jobs that may have waited too long
                     caf::reacts_to<gate_atom>,                                // its gate
                     caf::replies_to<ping_atom>::with<pong_atom>>;

/// One thread that talks to mail servers.
using courier_actor = caf::typed_actor<caf::reacts_to<mail_ptr>, caf::replies_to<ping_atom>::with<pong_atom>>;

/// Removes rows that have outlived their use, a few at a time.
using sweeper_actor = caf::typed_actor<caf::reacts_to<tick_atom>,   // sweep
                                       caf::reacts_to<commit_ptr>,  // a batch is done
                                       caf::reacts_to<gate_atom>,   // its gate
                                       caf::reacts_to<settings_ptr>, caf::replies_to<ping_atom>::with<pong_atom>>;

/// What a decider or the sweeper attaches to its jobs, to go on with later.
/// The owner alone knows its type.
struct pending_work {
  virtual ~pending_work() = default;
};
using pending_ptr = std::shared_ptr<pending_work>;

/// What an actor is to do on its own thread, for somebody who cannot.
struct errand {
  std::function<void()> run;
};

/// What another node asks: about rate limits (actors/cluster_limits_text.hpp), or
/// for a computation (actors/hash_offer_text.hpp).
struct peer_job {
  enum class kind : std::uint8_t {
    take,  ///< questions; answered with verdicts, or with an empty text if they were not understood
    hand,  ///< buckets that this node counts now; not answered
    hash,  ///< a sealed offer; answered with a sealed answer, or with an empty text if it was not understood
  };
  kind what = kind::take;
  std::string packed;
  /// Called once, on the asked actor's thread, or where the job is lost. May be empty.
  std::function<void(std::string)> reply;

  peer_job(kind w, std::string text, std::function<void(std::string)> r)
      : what(w), packed(std::move(text)), reply(std::move(r)) {}
  peer_job(const peer_job&) = delete;
  peer_job& operator=(const peer_job&) = delete;
  ~peer_job() { answer({}); }
  void answer(std::string text) {
    if (const auto tell = std::exchange(reply, {})) tell(std::move(text));
  }
};

/// A mini-transaction to commit. The journal sets `result` and sends it back.
struct commit_job {
  storage::mini_transaction tx;
  storage::commit_result result = storage::commit_result::storage_error;
  /// Where to send the job back: the actor's `commit_ptr` handler.
  caf::typed_actor<caf::reacts_to<commit_ptr>> reply_to;
  pending_ptr work;
  /// When the commit holds, what the exchange answers even if nobody is left
  /// to send it (exchange::settle). Null for work without a client.
  proto::exchange_ptr ex;
  proto::reply if_applied;
  /// Records what has happened already, so the exchange's deadline does not matter.
  bool even_late = false;
};

/// One Argon2 computation.
struct hash_job {
  enum class kind : std::uint8_t {
    verify,  ///< password against `phc`; an empty `phc` is a dummy computation that fails
    make,    ///< a new hash, into `phc`
  };
  enum class outcome : std::uint8_t {
    pending,
    matched,     ///< verify: right
    mismatched,  ///< verify: wrong, or a hash that cannot be verified
    made,        ///< make: `phc` is filled in
    refused,     ///< the queue is too long; nothing was computed (503)
  };
  kind what = kind::verify;
  proto::secret password;
  std::string phc;
  argon2_params params;
  outcome result = outcome::pending;
  std::uint32_t retry_after = 1;  ///< seconds, with `refused`
  proto::exchange::clock::time_point deadline = proto::exchange::clock::time_point::max();
  caf::typed_actor<caf::reacts_to<hash_ptr>> reply_to;
  pending_ptr work;
};

/// One look-up of a password among those known from breaches.
struct breach_job {
  proto::secret password;
  std::optional<std::uint64_t> matches;  ///< nothing = the list is out of reach
  caf::typed_actor<caf::reacts_to<breach_ptr>> reply_to;
  pending_ptr work;
};

/// One attempt to send a stored message.
struct mail_job {
  std::string key;          ///< of its entry in the outbox
  std::uint32_t tries = 0;  ///< that ended before
  std::string reqid;        ///< JSON text; empty if no request waits for it
  outgoing_mail mail;
  mail_route route;
  std::chrono::steady_clock::time_point deadline;  ///< of all of it, the wait for a courier included
  delivery_report report;
  caf::typed_actor<caf::reacts_to<mail_ptr>> reply_to;
  pending_ptr work;
};

/// The list of breached passwords, wherever it is. May block up to 2 s.
class breached_passwords {
 public:
  virtual ~breached_passwords() = default;
  /// How often the password is known; nothing when the list is out of reach.
  virtual std::optional<std::uint64_t> matches(const proto::secret& password) = 0;
};

}  // namespace authnz::actors
