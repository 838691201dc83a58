/// Which index entries a change of a primary record brings. Pure, so that
/// committing and rebuilding derive the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/transaction.hpp"

namespace authnz::storage {

/// A key without a value in a derived slice.
struct index_entry {
  slice in;
  std::string key;
  friend bool operator==(const index_entry&, const index_entry&) = default;
};

struct index_changes {
  std::vector<index_entry> gone;
  std::vector<index_entry> made;
};

/// Whether records of this primary slice have index entries.
constexpr bool is_indexed(slice in) { return in == slice::sessions || in == slice::apikeys; }

/// What changes when the record `key` of an indexed slice goes from `before`
/// to `after`, where nothing means absent. Nothing if one of them is damaged.
std::optional<index_changes> derive_indexes(slice in, std::string_view key, std::optional<std::string_view> before,
                                            std::optional<std::string_view> after);

}  // namespace authnz::storage
