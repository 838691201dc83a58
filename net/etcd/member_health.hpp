/// What the clients of one process have learnt about etcd's members: who has
/// answered, and who has not. So a member that hangs costs the process one
/// time-out, not one for each client.
///
/// From any thread. Only calls that need the whole of etcd count: a member that
/// is cut off from the others still answers for itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace authnz::net::etcd {

class member_health {
 public:
  using clock = std::chrono::steady_clock;

  explicit member_health(std::size_t members) : members_(members) {}
  std::size_t members() const { return members_.size(); }

  /// Every member once: the one that serves first, those that were silent last.
  std::vector<std::size_t> order() const;

  /// `term`: raft's, as the answer tells it; 0 = it does not.
  void answered(std::size_t member, std::uint64_t term);
  /// It was not reached, did not answer in time, or cannot serve.
  void silent(std::size_t member);

  /// When a call was begun, for `is_hopeless`.
  struct moment {
    clock::time_point time;
    std::uint64_t term = 0;
  };
  moment now() const;

  /// Whether whoever waits for that member since then should rather ask another:
  /// it was found silent meanwhile, and another has answered after that.
  bool is_left(std::size_t member, const moment& since) const;
  /// Also when etcd has another leader since: what was on its way to the former
  /// one may be lost, and nobody says so. Not within half a second.
  bool is_hopeless(std::size_t member, const moment& since) const;

 private:
  struct note {
    clock::time_point answered{};
    clock::time_point silent{};
    bool is_silent() const { return silent > answered; }
  };

  bool left(std::size_t member, const moment& since) const;

  mutable std::mutex mutex_;
  std::vector<note> members_;
  std::size_t first_ = 0;
  std::uint64_t term_ = 0;
};

}  // namespace authnz::net::etcd
