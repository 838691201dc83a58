/// Whether a store holds together: what `authnzctl fsck` says.
///
/// Checks that every record can be read and has a revision; that indexes and
/// records agree, both ways; that every claim of an address or a system id
/// leads to a user who has it, and every user has their claims; that sessions,
/// API keys and families belong to users and keys that exist, and none is of an
/// epoch that is yet to come; that the audit trail's chain holds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/transaction.hpp"

namespace authnz::storage {

struct finding {
  slice in{};
  std::string key;   ///< as stored; may be binary
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

/// A digest of each slice of scope `cluster`: SHA-256 over its keys, revisions
/// and values in order. Two projections of one revision have equal ones.
struct slice_digest {
  slice in{};
  std::uint64_t records = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};
std::vector<slice_digest> digest_slices(const view& v);

}  // namespace authnz::storage
