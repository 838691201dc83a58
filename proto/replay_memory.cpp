#include "proto/replay_memory.hpp"

#include <algorithm>
#include <cstring>
#include <exception>

namespace authnz::proto {

namespace {

constexpr std::int64_t greatest_skew = 60;

// Half of an HMAC is enough: nobody finds two of them that agree in 128 bits.
using digest = std::array<std::uint64_t, 2>;

digest digest_of(std::span<const unsigned char, 32> mac) {
  digest d{};
  std::memcpy(d.data(), mac.data(), sizeof d);
  return d;
}

// A flat hash set; digests are random, so they are their own hash. Freed at
// once, however much it holds.
class digest_set {
 public:
  // Whether it was not there before.
  bool insert(const digest& d) {
    if (4 * (count_ + 1) > 3 * slots_.size()) grow();
    digest& slot = find(slots_, d);
    if (slot == d) return false;
    slot = d;
    ++count_;
    return true;
  }

  void clear() noexcept {
    std::vector<digest>{}.swap(slots_);
    count_ = 0;
  }

  std::size_t size() const { return count_; }

 private:
  static constexpr digest empty{};

  // Its slot, or the one where it belongs. There is always an empty one.
  static digest& find(std::vector<digest>& slots, const digest& d) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = d[1] & mask;
    while (slots[i] != empty && slots[i] != d) i = (i + 1) & mask;
    return slots[i];
  }

  void grow() {
    std::vector<digest> larger(slots_.empty() ? 8 : 2 * slots_.size());
    for (const digest& d : slots_)
      if (d != empty) find(larger, d) = d;
    slots_.swap(larger);
  }

  std::vector<digest> slots_;
  std::size_t count_ = 0;
};

}  // namespace

// A ring of seconds. Those up to `forgotten` are forgotten and refused for
// ever; each of the following, as many as the ring has, has a set of its own.
struct alignas(64) replay_memory::shard {
  mutable std::mutex mutex;
  std::vector<digest_set> ring;
  std::int64_t forgotten = 0;

  digest_set& at(std::int64_t second) {
    const auto size = static_cast<std::int64_t>(ring.size());
    return ring[static_cast<std::size_t>((second % size + size) % size)];
  }

  void forget_through(std::int64_t second) noexcept {
    if (second <= forgotten) return;
    const auto size = static_cast<std::int64_t>(ring.size());
    for (std::int64_t s = std::max(forgotten, second - size) + 1; s <= second; ++s) at(s).clear();
    forgotten = second;
  }

  bool remember(const digest& d, std::int64_t stamp) {
    if (stamp <= forgotten || stamp > forgotten + static_cast<std::int64_t>(ring.size())) return false;
    return at(stamp).insert(d);
  }
};

replay_memory::replay_memory(std::int64_t max_age, std::int64_t floor_stamp)
    : max_age_(std::max<std::int64_t>(max_age, 0)), shards_(std::make_unique<std::array<shard, shard_count>>()) {
  for (auto& s : *shards_) {
    s.ring.resize(static_cast<std::size_t>(max_age_ + greatest_skew + 1));
    s.forgotten = floor_stamp - 1;
  }
}

replay_memory::~replay_memory() = default;

bool replay_memory::admit(std::span<const unsigned char, 32> mac, std::int64_t stamp, std::int64_t now) noexcept {
  if (max_age_ == 0) return true;
  try {
    digest d = digest_of(mac);
    if (d == digest{}) d[0] = 1;  // all zero marks an empty slot
    shard& s = (*shards_)[d[0] % shard_count];
    const std::scoped_lock lock{s.mutex};
    s.forget_through(now - max_age_ - 1);
    return s.remember(d, stamp);
  } catch (const std::exception&) {
    return false;
  }
}

void replay_memory::forget(std::int64_t now) noexcept {
  for (auto& s : *shards_) {
    const std::scoped_lock lock{s.mutex};
    s.forget_through(now - max_age_ - 1);
  }
}

std::size_t replay_memory::size() const {
  std::size_t n = 0;
  for (const auto& s : *shards_) {
    const std::scoped_lock lock{s.mutex};
    for (const auto& set : s.ring) n += set.size();
  }
  return n;
}

}  // namespace authnz::proto
