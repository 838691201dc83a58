/// Failed password checks by account: the only code that knows the keys and
/// records of the slice `attempts` (contract, section 5).
///
/// Known and unknown addresses have the same records, under the hash of the
/// address. Reading functions treat damaged records as absent and leave a
/// fault in the view.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

struct attempts {
  std::uint32_t failures = 0;  ///< in a row
  proto::timestamp last_failure{};
  std::optional<proto::timestamp> locked_until{};  ///< the automatic lock's end
  std::uint64_t revision = 0;                      ///< of the record that was read; not stored
};

std::optional<attempts> find_attempts(const view& v, std::string_view normalised_address);

/// Visits all records in some order, from the first key that is not below
/// `from` ("" = the first); the visitor returns whether to go on.
void for_each_attempts(const view& v, std::string_view from,
                       const std::function<bool(std::string_view key, const attempts&)>& visit);

// These append to a mini-transaction what the change expects and writes.

/// Expects that the record is still `before`, or absent where that is nothing.
void put_attempts(mini_transaction& tx, std::string_view normalised_address, const std::optional<attempts>& before,
                  const attempts& after);
/// Expects that the record is still `seen`, or absent where that is nothing.
void expect_attempts(mini_transaction& tx, std::string_view normalised_address, const std::optional<attempts>& seen);
/// Expects that the record is still `removed`.
void remove_attempts(mini_transaction& tx, std::string_view normalised_address, const attempts& removed);
/// The same, by the key that for_each_attempts gave.
void remove_attempts_at(mini_transaction& tx, std::string_view key, const attempts& removed);

}  // namespace authnz::storage
