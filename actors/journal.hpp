/// The actor that commits. It takes what has queued, commits it at once, and
/// only then lets anybody know. To be spawned detached: it waits for the disk.
///
/// A job whose exchange's deadline has passed is not committed: `unavailable`.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/meter.hpp"
#include "actors/node_meters.hpp"

namespace authnz::actors {

/// Commits a batch, as storage::store::commit does: one result each, in order.
using committer = std::function<std::vector<storage::commit_result>(std::span<const storage::mini_transaction* const>)>;

class journal_state {
 public:
  static constexpr const char* name = "journal";
  static constexpr std::size_t most_in_a_batch = 256;

  explicit journal_state(journal_actor::pointer self) : self_(self) {}

  /// `counts` may be null.
  void begin(committer&& commit, meter_ptr&& measured, node_meters_ptr&& counts);
  void queue(commit_ptr&& job);
  void flush();
  /// Before it ends: whoever handed a job over in time gets it done.
  void flush_all();

 private:
  struct queued {
    commit_ptr job;
    std::chrono::steady_clock::time_point since;
  };

  void commit_some();
  /// The next ones that are to be committed; those that come too late go home.
  std::vector<queued> take_some();
  void turn_away(queued&& late, std::chrono::steady_clock::time_point now);
  void count(const std::vector<storage::commit_result>& results, std::chrono::microseconds took);

  journal_actor::pointer self_;
  committer commit_;
  meter_ptr measured_;
  node_meters_ptr counts_;
  std::deque<queued> pending_;
};

journal_actor::behavior_type journal(journal_actor::stateful_pointer<journal_state> self, committer commit,
                                     meter_ptr measured, node_meters_ptr counts);

}  // namespace authnz::actors
