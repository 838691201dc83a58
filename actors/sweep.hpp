/// Which rows have outlived their use, a few at a time: a pure function of a
/// state of the store, a place in it, and the time.
///
/// Those are: sessions that expired long enough ago; sessions that can never
/// be live again, as they are of another epoch than their user, or their user
/// is gone; counters of failed password checks that are over; API keys that
/// were outlived long enough ago, or can never be valid again; families without
/// a key (contract, sections 5, 7.5, 8.6 and 8.7); old records of the audit
/// trail. Nothing is taken for dead on
/// a view with a fault.
#pragma once

#include <cstdint>
#include <string>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::actors {

enum class sweep_stage : std::uint8_t {
  expired_sessions,
  dead_sessions,
  stale_attempts,
  outlived_apikeys,
  dead_apikeys,
  empty_families,
  old_events,
  done
};

/// Whether a stage sweeps what every node of a cluster has for itself.
constexpr bool is_own(sweep_stage s) { return s == sweep_stage::old_events; }

struct sweep_place {
  sweep_stage stage = sweep_stage::expired_sessions;
  std::string from;  ///< the first key to look at; empty = the slice's first

  bool operator==(const sweep_place&) const = default;
};

struct sweep_bounds {
  std::size_t rows_removed = 32;  ///< at most, a batch
  std::size_t rows_read = 500;
};

/// How much of the audit trail is kept.
struct audit_retention {
  std::int32_t days = 0;      ///< records this old go; 0 = none for its age
  std::uint64_t records = 0;  ///< the oldest beyond this number go; 0 = any number stays
};

struct sweep_batch {
  storage::mini_transaction tx;  ///< may be empty
  sweep_place next;
};

/// `expired_before`: sessions that expired, and API keys that were outlived,
/// before then are removed.
sweep_batch sweep(const storage::view& store, const sweep_place& place, proto::timestamp expired_before,
                  proto::timestamp now, const sweep_bounds& bounds = {}, const audit_retention& keep = {});

/// The place after a stage that is given up.
sweep_place next_stage(const sweep_place& place);

}  // namespace authnz::actors
