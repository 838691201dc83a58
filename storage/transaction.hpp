/// Mini-transactions: the only way to write. All or nothing; an expectation
/// that fails gives `conflict`. The same value commits to a local store or to
/// a cluster's, so it holds primary records only; indexes are derived.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace authnz::storage {

/// Named databases. Primary slices are written by mini-transactions; derived
/// ones are kept by the store itself, in the same LMDB transaction.
enum class slice : std::uint8_t {
  users,               ///< user id, 8 bytes big endian -> user
  emails,              ///< hash of the normalised address -> user id; a claim
  system_ids,          ///< hash of the system id -> user id; a claim, kept after deletion
  sessions,            ///< creation time + hash of the token -> session
  attempts,            ///< hash of the address -> failed password checks
  apikeys,             ///< creation time + hash of the token -> API key
  apikey_families,     ///< key of a family's first API key -> family
  outbox,              ///< creation time + random bytes -> message to be sent
  ratelimits,          ///< hash of a bucket's key -> bucket
  meta,                ///< name -> value; format version, node facts
  sessions_by_user,    ///< derived: user id + session key
  sessions_by_expiry,  ///< derived: expiry + session key
  apikeys_by_user,     ///< derived: user id + API key's key
  apikeys_by_expiry,   ///< derived: expiry + API key's key
  apikeys_by_family,   ///< derived: family's key + API key's key
  audit,               ///< number -> event; appended to by `mini_transaction::events` alone
  marks,               ///< name -> value; what all nodes of a cluster share
  count_
};
inline constexpr std::size_t slice_count = static_cast<std::size_t>(slice::count_);

struct expectation {
  slice in;
  std::string key;
  std::uint64_t revision = 0;  ///< of the record's last write; 0 = the key is absent
};

struct write {
  slice in;
  std::string key;
  std::optional<std::string> value;  ///< nothing = erase
};

struct mini_transaction {
  std::vector<expectation> expects;
  std::vector<write> writes;
  std::vector<std::string> events = {};             ///< texts appended to the audit trail, in order
  std::optional<std::uint64_t> forget_events = {};  ///< removes old records of the trail, this number the last

  /// Whether there is nothing to commit.
  bool empty() const { return writes.empty() && events.empty() && !forget_events; }
};

enum class commit_result : std::uint8_t {
  applied,
  conflict,       ///< an expectation did not hold; nothing was written
  storage_full,   ///< the disk or the map is full; nothing was written
  storage_error,  ///< the store failed; nothing was written
  unavailable,    ///< the cluster's engine is out of reach, or it came too late; nothing was written
  unknown,        ///< the cluster's engine was sent it, and did not say whether it was written
};

/// Valid as long as the view it came from.
struct record {
  std::uint64_t revision = 0;
  std::string_view value;
};

/// One consistent state of the store. Reads of damaged records answer as if
/// they were absent and leave a fault behind; a decision made on a view with a
/// fault is void (`storage_error`).
class view {
 public:
  /// Gets a key and its record; returns whether to go on.
  using visitor = std::function<bool(std::string_view key, const record&)>;

  virtual ~view() = default;
  virtual std::optional<record> get(slice in, std::string_view key) const = 0;
  /// Visits in ascending order of keys, from the first that is not below `from`.
  virtual void scan(slice in, std::string_view from, const visitor& visit) const = 0;
  /// As `scan`, but visits damaged records too, as of revision 0, and they leave
  /// no fault. Whether the slice could be read.
  virtual bool scan_all(slice in, std::string_view from, const visitor& visit) const {
    return scan(in, from, visit), true;
  }
  /// The greatest key of a slice.
  virtual std::optional<std::string> last_key(slice in) const = 0;

  void report_fault() const noexcept { fault_ = true; }
  bool fault() const noexcept { return fault_; }

 protected:
  mutable bool fault_ = false;
};

}  // namespace authnz::storage
