/// What the stages of the sweep share, and those of them that are about API
/// keys. For sweep.cpp, which knows the order.
#pragma once

#include <optional>
#include <string_view>

#include "actors/sweep.hpp"

namespace authnz::actors {

/// Fills a batch from rows in the order of their keys, until a bound is reached.
class sweep_filler {
 public:
  sweep_filler(const sweep_place& place, const sweep_bounds& bounds)
      : stage_(place.stage), bounds_(bounds), batch_{{}, next_stage(place)} {}

  /// Whether the row may still be looked at; else the next batch begins with it.
  bool takes(std::string_view key);
  /// What removes a row goes there.
  storage::mini_transaction& removal();

  sweep_batch take() { return std::move(batch_); }
  /// For a view with a fault: nothing is removed, and the sweep goes on.
  sweep_batch take_without_removals();

 private:
  sweep_stage stage_;
  const sweep_bounds& bounds_;
  sweep_batch batch_;
  std::size_t read_ = 0;
  std::size_t removed_ = 0;
};

struct user_epochs {
  std::uint64_t sessions = 0;
  std::uint64_t apikeys = 0;
  std::uint64_t session_apikeys = 0;
};

/// The epochs of users, asked for many rows of one user in a row. A user that
/// is gone, or damaged, has none.
class epochs {
 public:
  explicit epochs(const storage::view& store) : store_(store) {}

  const std::optional<user_epochs>& of(std::int64_t user_id);

 private:
  const storage::view& store_;
  bool asked_ = false;
  std::int64_t user_id_ = 0;
  std::optional<user_epochs> present_;
};

/// Those that neither they nor their refresh tokens could be valid since `before`.
sweep_batch sweep_outlived_apikeys(const storage::view& store, const sweep_place& place, proto::timestamp before,
                                   const sweep_bounds& bounds);
/// Those that can never be valid again. Keys that were refreshed are kept as
/// long as their family lives, as using their refresh tokens again revokes it.
sweep_batch sweep_dead_apikeys(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds);
/// Not removed row by row: the store forgets the oldest, and keeps their hash.
sweep_batch sweep_old_events(const storage::view& store, const sweep_place& place, proto::timestamp now,
                             const audit_retention& keep);
/// Those that have no key left, and so can never have one again.
sweep_batch sweep_empty_families(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds);

}  // namespace authnz::actors
