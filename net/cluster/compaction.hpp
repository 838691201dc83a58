/// Lets etcd forget old revisions, so that it does not grow without bound: all
/// that are older than some time, but none that this node did not see that old.
///
/// Every node notes revisions, so that whoever gets the duty can go on. One
/// thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "net/cluster/boot_clock.hpp"
#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

class compaction {
 public:
  using duration = std::chrono::milliseconds;

  /// Revisions of the last `history` are kept; 0 = nothing is forgotten, ever.
  explicit compaction(duration history, duration every = std::chrono::minutes(5)) : history_(history), every_(every) {}

  bool is_due(boot_clock::time_point now) const { return history_.count() > 0 && now >= next_; }
  /// Until the next time, at most; whatever became of this one.
  duration every() const { return every_; }
  /// Notes etcd's revision, and compacts if this node has that duty. Returns
  /// the revision that it compacted to, if it did.
  etcd::outcome<std::optional<std::uint64_t>> run(etcd::client& etcd, const storage::cluster_keys& keys, bool on_duty,
                                                  boot_clock::time_point now);

 private:
  struct note {
    boot_clock::time_point time;
    std::uint64_t revision;
  };
  /// The newest note that is old enough; those before it are dropped.
  std::optional<std::uint64_t> old_enough(boot_clock::time_point now);

  duration history_;
  duration every_;
  boot_clock::time_point next_{};
  std::deque<note> notes_;  ///< by ascending time; one that is old enough is the first at most
  std::uint64_t done_ = 0;  ///< compacted to
};

}  // namespace authnz::net::cluster
