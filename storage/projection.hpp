/// A store that follows a cluster's engine: what the engine has decided is
/// applied here, revision by revision, and nothing else changes those slices.
///
/// Records keep the engine's revisions. Which revision is applied, and of which
/// cluster, is written in the same LMDB transaction as the records, so a node
/// that died goes on where it was. Slices of scope `node` are not touched.
///
/// Rebuilding goes through the slices in pages; until it is finished the store
/// says that it is not whole, and must not be decided on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "storage/environment.hpp"

namespace authnz::storage {

/// Whose state a store holds. In `meta`, under `projection_key` (slices.hpp).
struct projection_mark {
  std::string cluster;  ///< the cluster's id; empty = a single node's own store
  /// All of the engine's revisions up to this one are in the store. While it is
  /// not whole: were in it when it last was; 0 = it never was this cluster's.
  std::uint64_t applied = 0;
  bool whole = true;      ///< false = a rebuild was begun and is not finished
  std::string head = {};  ///< value of the engine's head at `applied`: tells its history from another
  friend bool operator==(const projection_mark&, const projection_mark&) = default;
};

/// All that one revision of the engine changed.
struct revision_changes {
  std::uint64_t revision = 0;
  std::vector<write> writes;        ///< of slices of scope `cluster`
  std::vector<std::string> events;  ///< for the audit trail, in order
  std::string head = {};            ///< the new value of the engine's head; empty = it was not written
};

struct projected_record {
  std::string key;
  std::uint64_t revision = 0;
  std::string value;
};

/// Every record of `in` from `first` (inclusive) up to `end` (exclusive;
/// nothing = the end of the slice), by ascending key.
struct projection_page {
  slice in{};
  std::string first;
  std::optional<std::string> end;
  std::vector<projected_record> records;
};

/// Damage leaves a fault behind, and a mark that is not whole.
projection_mark read_projection_mark(const view& v);

/// One thread at a time. Errors are those of the store (its `last_failure`);
/// then nothing was changed, and the call may be repeated.
class projection {
 public:
  explicit projection(environment& store) : store_(store) {}

  projection_mark mark() const;

  /// In ascending order; those that are applied already are skipped. Requires
  /// a whole projection. Records that cannot be read are stored as they are,
  /// without index entries. All of `changes`, or nothing.
  tl::expected<void, std::string> apply(std::span<const revision_changes> changes);

  /// Declares the store to be `cluster`'s, and not whole.
  tl::expected<void, std::string> begin_rebuild(const std::string& cluster);
  /// Makes the page's range equal to the page, whose records must be in order
  /// and in its range. Whatever is equal already stays untouched.
  tl::expected<void, std::string> rebuild(const projection_page& page);
  /// Whole again, at `revision`. If the store was whole before, at an earlier
  /// one, `event_of_gap` is appended to the audit trail: what happened between
  /// the two is not in it.
  tl::expected<void, std::string> end_rebuild(std::uint64_t revision, const std::string& event_of_gap,
                                              const std::string& head = {});

  /// From now on the store is a single node's own, if it is not already.
  /// Revisions go on from the engine's. Requires a whole projection.
  tl::expected<void, std::string> leave();

 private:
  environment& store_;
};

}  // namespace authnz::storage
