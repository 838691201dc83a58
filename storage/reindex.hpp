/// Building the indexes of a store anew from its records, when they disagree.
#pragma once

#include <cstdint>

#include "storage/draft.hpp"

namespace authnz::storage {

struct reindexed {
  std::uint64_t records = 0;  ///< that have entries
  std::uint64_t entries = 0;
  std::uint64_t damaged = 0;  ///< records that cannot be read, so have none
  bool readable = true;       ///< false = a slice could not be read; the draft is to be dropped
};

/// Empties every derived slice but the audit trail, and fills it. Entries get
/// the revisions of their records.
reindexed reindex(draft& state);

}  // namespace authnz::storage
