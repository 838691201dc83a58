/// Lanes: attempts on one account are evaluated one at a time, in order of
/// arrival, and wait behind an answer that is held (contract, section 5).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace authnz::actors {

/// What waits in a lane; the owner of the lanes knows its type.
struct pending_work;
using pending_ptr = std::shared_ptr<pending_work>;

class lanes {
 public:
  using clock = std::chrono::steady_clock;
  /// How many may wait behind a held answer.
  static constexpr std::size_t most_waiting = 3;

  enum class admission : std::uint8_t {
    evaluate,  ///< it is this attempt's turn
    wait,      ///< release() or leave() hands it out when its turn comes
    refuse,    ///< too many wait already (429)
  };
  struct entry {
    admission verdict;
    std::uint32_t retry_after = 0;  ///< seconds, with refuse; at least 1
  };

  entry enter(const std::string& account, const pending_ptr& who, clock::time_point now);

  /// The attempt in front was answered: the next one's turn comes.
  pending_ptr leave(const std::string& account);

  /// The attempt in front is held until then. Returns those that waited beyond
  /// the bound, the latest first, who are refused.
  std::vector<pending_ptr> hold(const std::string& account, pending_ptr who, clock::time_point until);

  struct released {
    std::string account;
    pending_ptr held;  ///< its answer may go; null if its work was lost
    pending_ptr next;  ///< whose turn comes; null if nobody waits
  };
  /// Ends the holds that are over, and frees lanes whose attempt was destroyed
  /// while it was evaluated (an actor on its way died).
  std::vector<released> release(clock::time_point now);
  /// Ends all holds.
  std::vector<released> release_all() { return release(clock::time_point::max()); }

  bool empty() const noexcept { return lanes_.empty(); }
  /// The earliest end of a hold.
  std::optional<clock::time_point> next_release() const;

  /// Whole seconds from `now` to `until`, rounded up, at least 1.
  static std::uint32_t seconds_until(clock::time_point until, clock::time_point now);

 private:
  struct lane {
    std::weak_ptr<pending_work> evaluating;
    pending_ptr held;
    clock::time_point until{};
    std::deque<pending_ptr> waiting;
  };
  /// Hands the lane to the next who waits, or tells that nobody does.
  static pending_ptr advance(lane& l);

  std::unordered_map<std::string, lane> lanes_;
};

}  // namespace authnz::actors
