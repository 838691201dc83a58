/// Remembers the tokens that were accepted, so that none is accepted twice
/// (contract, section 1, "Freshness").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace authnz::proto {

/// Times are seconds since 1970. Thread-safe. A token costs 21 to 43 bytes
/// until its stamp + `max_age` has passed.
class replay_memory {
 public:
  /// Tokens stamped before `floor_stamp` are refused: the memory does not
  /// survive a restart. `max_age` 0 switches it off: every token is admitted.
  replay_memory(std::int64_t max_age, std::int64_t floor_stamp);
  ~replay_memory();
  replay_memory(const replay_memory&) = delete;
  replay_memory& operator=(const replay_memory&) = delete;

  /// Whether this is the token's first use; it counts as used then. `mac`
  /// identifies it. Judge with is_fresh before: what cannot be remembered is
  /// refused (older than `max_age`, too far ahead, memory used up). When the
  /// clock was set back by more than `max_age`, that is every token until the
  /// clock has caught up, because what was forgotten could be replayed.
  bool admit(std::span<const unsigned char, 32> mac, std::int64_t stamp, std::int64_t now) noexcept;

  /// Forgets what has passed. `admit` does so too, bit by bit; this is for
  /// times without requests.
  void forget(std::int64_t now) noexcept;

  /// Tokens remembered.
  std::size_t size() const;

 private:
  struct shard;
  static constexpr std::size_t shard_count = 16;

  std::int64_t max_age_;
  std::unique_ptr<std::array<shard, shard_count>> shards_;
};

}  // namespace authnz::proto
