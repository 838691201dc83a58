/// When stored messages are tried, for how long, and what an attempt changes
/// in the store (contract, section 8.5.1).
#pragma once

#include <chrono>
#include <string_view>

#include "actors/mail.hpp"
#include "actors/mail_templates.hpp"
#include "storage/outbox_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

/// For one attempt, the wait for a courier included.
inline constexpr std::chrono::seconds attempt_time{10};
/// A message whose first attempt was lost with its process is left to the
/// retries after this time.
inline constexpr std::chrono::seconds first_attempt_lease{60};
inline constexpr std::chrono::minutes longest_retry_delay{60};
inline constexpr std::chrono::hours message_life{24};

/// The delay after `tries` attempts (at least 1): `first`, doubled with every
/// one, up to the longest.
std::chrono::seconds retry_delay(std::uint32_t tries, std::chrono::seconds first);

/// Whether a message is dropped if it was not accepted by now.
bool has_outlived_its_use(const storage::outbox_entry& e, proto::timestamp now);

/// The user's time that tells when a message of this kind was sent last.
std::optional<proto::timestamp>& sent_time(storage::user& u, mail_kind kind);

struct ended_attempt {
  delivery result = delivery::deferred;
  proto::timestamp now{};
  std::chrono::seconds first_delay{60};
};

/// Appends what the end of an attempt changes: the message goes when it was
/// accepted or refused, or has outlived its use; else its next attempt is
/// later. If the first attempt was refused, the user's sent time is put back,
/// unless it has moved since.
void record_attempt(storage::mini_transaction& tx, const storage::view& store, const storage::outbox_entry& e,
                    const ended_attempt& attempt);

}  // namespace authnz::actors
