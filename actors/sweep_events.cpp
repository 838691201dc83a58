#include <algorithm>

#include "actors/audit.hpp"
#include "actors/sweep_stages.hpp"
#include "storage/audit_store.hpp"

namespace authnz::actors {

namespace {

/// The number of the last record from `first` on that is older than `before`,
/// of as many as one mini-transaction may forget; 0 if there is none.
std::uint64_t last_older_than(const storage::view& store, std::uint64_t first, proto::timestamp before) {
  std::uint64_t last = 0;
  std::size_t seen = 0;
  storage::for_each_audit_record(store, first, [&](const storage::audit_record& r) {
    const auto time = time_of_event(r.text);
    if (++seen > storage::most_audit_removals || !time || *time >= before) return false;
    last = r.number;
    return true;
  });
  return last;
}

}  // namespace

sweep_batch sweep_old_events(const storage::view& store, const sweep_place& place, proto::timestamp now,
                             const audit_retention& keep) {
  constexpr std::int64_t seconds_a_day = 86400;
  sweep_batch batch{{}, next_stage(place)};
  const auto gone = storage::audit_anchor(store).number;
  const auto newest = storage::last_audit_record(store).number;
  std::uint64_t last = 0;
  if (keep.records > 0 && newest > keep.records) last = newest - keep.records;
  const auto before = keep.days > 0 ? proto::add_seconds(now, -keep.days * seconds_a_day) : std::nullopt;
  if (before) last = std::max(last, last_older_than(store, gone + 1, *before));
  if (store.fault() || last <= gone) return batch;
  batch.tx.forget_events = last;
  // There may be more of them than one step takes.
  if (last - gone >= storage::most_audit_removals) batch.next = place;
  return batch;
}

}  // namespace authnz::actors
