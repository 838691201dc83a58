/// Whether a store holds together: what `authnzctl fsck` says.
///
/// Checks that every record can be read and has a revision that was given; that
/// indexes and records agree, both ways; that every claim of an address or a
/// system id leads to a user who has it, and every user has their claims; that
/// sessions, API keys and families belong to users who exist or existed, and
/// none is of an epoch that is yet to come; that the audit trail's chain holds.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/transaction.hpp"

namespace authnz::storage {

struct finding {
  slice in{};
  std::string key;   ///< as stored; may be binary, and empty if no one record is at fault
  std::string what;  ///< one sentence, without personal data
};

struct check_report {
  std::uint64_t records = 0;      ///< that were looked at
  std::uint64_t faults = 0;       ///< all of them
  std::vector<finding> findings;  ///< the first `most_findings`
};
inline constexpr std::size_t most_findings = 1000;

/// Told how many records have been looked at, every few thousand; may be empty.
using check_progress = std::function<void(std::uint64_t records)>;

/// Reads one state; changes nothing.
check_report check(const view& v, const check_progress& progress = {});

/// Where a check in parts goes on.
struct check_position {
  slice in = slice::users;
  std::string from = {};  ///< a key, or what else the slice's check needs; opaque
};
struct check_part {
  check_report found;
  std::optional<check_position> next;  ///< nothing = all was looked at
};
/// Looks at `most` records at most, which must be at least 1. Parts may be of
/// different states: each judges its records by its own.
check_part check_some(const view& v, const check_position& from, std::uint64_t most);

/// A digest of each slice of scope `cluster` that is not derived: SHA-256 over
/// its keys, revisions and values in order (record_digest.hpp). Two projections
/// of one revision have equal ones.
struct slice_digest {
  slice in{};
  std::uint64_t records = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};
std::vector<slice_digest> digest_slices(const view& v);

/// The same of the records from `first` (inclusive) to `end` (exclusive;
/// nothing = the end of the slice), `most` at most.
struct range_digest {
  std::uint64_t records = 0;
  std::string sha256;
  std::optional<std::string> next;  ///< the first key that was left out for `most`
};
range_digest digest_range(const view& v, slice in, const std::string& first, const std::optional<std::string>& end,
                          std::uint64_t most);

}  // namespace authnz::storage
