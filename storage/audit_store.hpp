/// The audit trail: an append-only chain of records, written in the same
/// transaction as the change that they tell of. The only code that knows the
/// keys and records of the slice `audit`.
///
/// Every record has a hash over its own number and text and the hash of the
/// record before it (SHA-256), so none can be altered, left out or put in
/// between without all later ones changing. Whoever keeps a hash of the end
/// elsewhere can prove that the chain up to it is the same as it was.
///
/// Numbers ascend from 1 without gaps. What retention removes leaves an anchor
/// behind: the hash that the oldest record that is left builds on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/draft.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

inline constexpr std::size_t audit_hash_size = 32;        ///< bytes
inline constexpr std::size_t most_audit_removals = 1000;  ///< records that one mini-transaction forgets
inline constexpr std::string_view audit_anchor_key =
    "audit-anchor";  ///< in `meta`: number and hash of the last removed

struct audit_record {
  std::uint64_t number = 0;
  std::string_view hash;  ///< as stored, 32 bytes; valid as long as the view
  std::string_view text;  ///< of the event; valid as long as the view
};

struct audit_end {
  std::uint64_t number = 0;  ///< 0 = there never was a record
  std::string hash;          ///< 32 bytes; zeros before the first record
};

/// The hash of the record `number` with `text` that follows one with `previous`.
std::string audit_hash(std::string_view previous, std::uint64_t number, std::string_view text);

/// The newest record. Damage leaves a fault behind.
audit_end last_audit_record(const view& v);
/// What the oldest record that is left builds on.
audit_end audit_anchor(const view& v);

/// By ascending number from `first`; the visitor returns whether to go on.
void for_each_audit_record(const view& v, std::uint64_t first, const std::function<bool(const audit_record&)>& visit);

/// Where a chain breaks.
struct audit_break {
  std::uint64_t number = 0;  ///< the record that does not fit
  std::string why;
};

/// What a walk over a part of the chain found.
struct audit_walk {
  std::uint64_t records = 0;
  audit_end end;  ///< to go on from
  std::optional<audit_break> broken;
  bool complete = false;  ///< the newest record was reached
};

/// Checks at most `most` records behind `from`; the anchor is where to begin.
audit_walk verify_audit(const view& v, const audit_end& from, std::uint64_t most);

// For `judge`: within the transaction of the change itself.

/// Behind `end`, the trail's.
void append_audit(draft& state, audit_end end, const std::vector<std::string>& events, std::uint64_t revision);
/// Removes the oldest, at most `most_audit_removals`, up to and with `last`.
void forget_audit(draft& state, std::uint64_t last, std::uint64_t revision);

}  // namespace authnz::storage
