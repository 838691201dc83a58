/// Messages that are to be sent: the only code that knows the keys and records
/// of the slice `outbox`.
///
/// Reading functions treat damaged records as absent and leave a fault in the view.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

struct outbox_entry {
  std::string key;  ///< creation time (ns since 1970, 8 bytes big endian) + 16 random bytes
  std::int64_t user_id = 0;
  std::uint8_t kind = 0;                          ///< which of the user's sent times it is about
  proto::timestamp created{};                     ///< what the sent time was set to
  std::optional<proto::timestamp> sent_before{};  ///< what the sent time was before
  std::uint32_t tries = 0;                        ///< attempts that ended, without success
  proto::timestamp next_try{};
  std::string sealed;          ///< message and route, sealed: see actors/mail_seal.hpp
  std::uint64_t revision = 0;  ///< of the record that was read; not stored
};

std::optional<outbox_entry> find_mail(const view& v, std::string_view key);
/// By ascending key, so the oldest first; the visitor returns whether to go on.
void for_each_mail(const view& v, const std::function<bool(const outbox_entry&)>& visit);
/// The same from the first key that is not below `from`.
void for_each_mail(const view& v, std::string_view from, const std::function<bool(const outbox_entry&)>& visit);

// These append to a mini-transaction what the change expects and writes.

void add_mail(mini_transaction& tx, const outbox_entry& added);
void replace_mail(mini_transaction& tx, const outbox_entry& before, const outbox_entry& after);
void remove_mail(mini_transaction& tx, const outbox_entry& removed);

}  // namespace authnz::storage
