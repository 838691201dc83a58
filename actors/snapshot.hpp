/// One look at a node: what the admin tool shows and the metrics tell. A value
/// without any handle; taking it stops nobody.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/meter.hpp"
#include "actors/node_meters.hpp"
#include "storage/slices.hpp"

namespace authnz::actors {

enum class actor_state : std::uint8_t {
  running,
  paused,      ///< takes work, and lets it wait
  draining,    ///< refuses new work (503), finishes what it has
  drained,     ///< refuses new work, has none
  restarting,  ///< has died, or was told to; begins again soon
  stopped,     ///< the node stops
};
std::string_view name(actor_state s);

struct actor_row {
  std::string id;    ///< e.g. `session-0`; unique within the node
  std::string kind;  ///< e.g. `session`
  std::uint32_t shard = 0;
  actor_state state = actor_state::running;
  std::chrono::microseconds age{0};     ///< since it was started last
  std::string last_error;               ///< why it died last; empty if it never did
  std::uint64_t waiting = 0;            ///< in its mailbox, where that is counted
  std::chrono::microseconds oldest{0};  ///< age of the oldest work that waits or is in hand
  std::optional<std::uint64_t> memory;  ///< bytes that it holds, where known
  meter_reading measured;               ///< in flight, peak, handled, failed, restarts, last request, wait, service
};

struct journal_row {
  histogram::counts batch_size{};
  histogram::counts commit_time{};
  std::uint64_t applied = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t failures = 0;
  std::uint64_t late = 0;
};

struct hashing_row {
  std::uint32_t workers = 0;
  std::uint32_t busy = 0;
  std::uint32_t queued = 0;
  std::uint64_t computed = 0;
  std::uint64_t refused = 0;
  std::uint64_t by_others = 0;
  std::uint64_t for_others = 0;
  histogram::counts compute_time{};
};

struct slice_row_count {
  std::string name;
  std::uint64_t records = 0;
  std::uint64_t pages = 0;
};

struct store_row {
  bool readable = false;
  std::uint64_t map_size = 0;   ///< bytes
  std::uint64_t page_size = 0;  ///< bytes
  std::uint64_t used_pages = 0;
  std::uint64_t last_revision = 0;
  std::uint32_t readers = 0;
  std::uint32_t max_readers = 0;
  std::uint64_t oldest_reader_lag =
      0;  ///< transactions that were committed since the oldest view was taken; 0 = none is open
  std::vector<slice_row_count> slices;
};

struct mail_row {
  std::uint64_t waiting = 0;  ///< in the outbox
  std::uint64_t accepted = 0;
  std::uint64_t deferred = 0;
  std::uint64_t refused = 0;
  std::uint64_t given_up = 0;
};

struct limits_row {
  bool enabled = false;
  std::uint64_t buckets = 0;
  std::uint64_t refused = 0;
  std::uint64_t counted_for_others = 0;
};

struct accounts_row {
  std::uint64_t attempts_kept = 0;  ///< addresses with failed password checks on record, locked ones among them
  std::uint64_t autolocks = 0;
  std::uint64_t breach_lookups = 0;
  std::uint64_t breach_unreachable = 0;
};

struct audit_row {
  std::uint64_t records = 0;
  std::uint64_t recorded = 0;
  std::uint64_t lost = 0;
};

/// How a node stands in its cluster.
struct cluster_row {
  std::uint64_t applied = 0;                          ///< revision of the node's state
  std::uint64_t head = 0;                             ///< the cluster's last one, as far as it is known
  std::optional<std::chrono::milliseconds> age = {};  ///< of the state; nothing = unknown
  bool fresh = false;
  bool registered = false;
  std::uint64_t batches = 0;
  std::uint64_t unknown_outcomes = 0;
  std::uint64_t rebuilds = 0;
  std::uint64_t reconnects = 0;                           ///< of the watch
  std::vector<std::pair<std::string, bool>> duties = {};  ///< by name, whether the node has them
};

/// What the listeners count: name -> value. Those in `gauges` go up and down.
struct listener_row {
  std::vector<std::pair<std::string, std::uint64_t>> counters;
  std::vector<std::pair<std::string, std::uint64_t>> gauges;
};

struct process_row {
  std::uint64_t resident_bytes = 0;
  std::uint64_t cpu_microseconds = 0;  ///< user and system, since the start
  std::uint32_t open_files = 0;
  std::uint32_t max_files = 0;
};

struct snapshot {
  std::string node;
  std::string version;
  proto::timestamp taken{};
  std::chrono::microseconds uptime{0};
  std::optional<std::string> not_ready;  ///< why; nothing = ready
  std::uint32_t in_flight = 0;           ///< requests in hand
  std::uint32_t most_in_flight = 0;
  std::vector<actor_row> actors;
  std::vector<answered_requests> requests;
  journal_row journal;
  hashing_row hashing;
  store_row store;
  mail_row mail;
  limits_row limits;
  accounts_row accounts;
  audit_row audit;
  listener_row listener;
  process_row process;
  std::optional<cluster_row> cluster;  ///< nothing = a single node
};

}  // namespace authnz::actors
