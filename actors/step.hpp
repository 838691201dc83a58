/// Decisions and their steps. A decision is a pure function of a state of the
/// store, a request, the time, chance, and the facts that were found out for
/// it so far. It returns the next step: the end, or a fact that it still
/// needs. Whenever a fact arrives, or a commit conflicts, the decision runs
/// again from its beginning on the state as it is then.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/mail.hpp"
#include "actors/settings.hpp"
#include "proto/answer.hpp"
#include "proto/call.hpp"
#include "storage/outbox_store.hpp"
#include "storage/transaction.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

/// A password was computed against a hash.
struct password_check {
  std::string phc;  ///< empty: a dummy computation
  bool matched = false;
};

/// The list of breached passwords was asked.
struct breach_check {
  std::optional<std::uint64_t> matches;  ///< nothing = out of reach, which passes
};

/// A message's first attempt has ended.
struct mail_check {
  delivery result = delivery::deferred;
  storage::outbox_entry stored;  ///< as it was before the attempt
  std::string sender;            ///< user id of the session that asked for it
};

/// What was found out for a decision.
struct facts {
  std::optional<password_check> check;
  std::optional<std::string> new_hash;  ///< PHC string
  std::optional<breach_check> breach;
  std::optional<mail_check> mail;
};

/// Handed in, so that a decision can be repeated.
struct chance {
  std::uint64_t nanoseconds = 0;  ///< since 1970, strictly ascending within an actor
  std::array<unsigned char, 32> bytes{};
  std::array<unsigned char, 32> more_bytes{};  ///< for a second token
};

/// Hands out ids of new users, so that sign-ups at the same time do not all
/// want the same one. Those whose sign-up fails to commit are not given again.
/// Those of other nodes want the same ones; the more conflicts there were, the
/// further they go out of each other's way.
class user_ids {
 public:
  /// One that is at least `least`, and above all that were handed out before:
  /// the next, or up to 4^`conflicts` - 1 beyond it, by chance.
  std::int64_t next(std::int64_t least, std::uint32_t conflicts = 0, std::uint64_t chance = 0) {
    constexpr std::uint32_t most_doublings = 16;
    const auto room = std::uint64_t{1} << std::min(2 * conflicts, most_doublings);
    return last_ = std::max(least, last_ + 1) + static_cast<std::int64_t>(chance % room);
  }

 private:
  std::int64_t last_ = 0;
};

struct context {
  const storage::view& store;
  const proto::call& request;
  const settings& config;
  const facts& known;
  const chance& random;
  user_ids& ids;
  proto::timestamp now;
  /// When the request's turn came, before any computation: sessions and locks
  /// are judged by it, so that none changes its mind while a password is hashed.
  proto::timestamp turn;
  /// The account whose lane a checking request is in: a normalised address;
  /// empty where there is none (contract, section 5).
  std::string_view account = {};
  std::uint32_t conflicts = 0;  ///< of the request's commits, so far
};

/// One line of the audit (contract, section 12); texts in clear, digested when
/// written. The outcome is the answer's, unless `always_ok`.
struct audit_note {
  std::string_view event;
  std::string actor = {};   ///< user id, empty if there is none
  std::string target = {};  ///< user id or address, empty if there is none
  bool always_ok = false;
};

/// The end: commit `tx` (if it writes anything), then answer.
struct finish {
  proto::answer answer;
  storage::mini_transaction tx = {};
  std::vector<audit_note> audit = {};
  std::chrono::microseconds hold{0};  ///< how long the answer is held, from `now`
};
/// Verify a password. An empty `phc` is a dummy computation.
struct check_password {
  std::string_view password;
  std::string phc;
};
struct make_hash {
  std::string_view password;
};
struct ask_breached {
  std::string_view password;
};
/// Store a message and the user's new sent time together, then make the first
/// attempt at once.
struct send_mail {
  outgoing_mail mail;
  std::optional<mail_route> route;  ///< the request's own; nothing = the configured one
  storage::outbox_entry entry;      ///< all but `sealed`
  storage::user before;
  storage::user after;
  std::string sender;     ///< handed back with the attempt's end
  proto::answer if_lost;  ///< what holds as soon as the message is stored
};

using step = std::variant<finish, check_password, make_hash, ask_breached, send_mail>;

}  // namespace authnz::actors
