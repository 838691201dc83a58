#include "storage/batching.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace authnz::storage {
namespace {

/// What etcd's messages have beside a key and its value: the prefix and the
/// slice's name, the fields around them, and the node's name in a mark's key.
constexpr std::size_t bytes_a_key = 128;

std::size_t bytes_of(const mini_transaction& tx) {
  std::size_t bytes = bytes_a_key;
  for (const auto& e : tx.expects) bytes += bytes_a_key + e.key.size();
  for (const auto& w : tx.writes) bytes += bytes_a_key + w.key.size() + (w.value ? w.value->size() : 0);
  for (const auto& text : tx.events) bytes += text.size() + 4;
  return bytes;
}

/// Of a part: its writes, and its mark.
std::size_t operations_of(const mini_transaction& tx) { return std::max(tx.expects.size(), tx.writes.size() + 1); }

class batch {
 public:
  explicit batch(const batch_limits& limits) : limits_(limits) {}

  /// Whether it may come with those that were added; if so, it is added.
  bool add(const mini_transaction& tx) {
    const auto bytes = bytes_ + bytes_of(tx);
    const auto largest = std::max(largest_, operations_of(tx));
    if (parts_ + 1 > limits_.transactions || bytes > limits_.bytes ||
        batch_overhead + parts_ + 1 + largest > limits_.operations)
      return false;
    if (touches_what_is_written(tx)) return false;
    for (const auto& w : tx.writes) written_.emplace(w.in, w.key);
    bytes_ = bytes;
    largest_ = largest;
    ++parts_;
    return true;
  }

 private:
  bool touches_what_is_written(const mini_transaction& tx) const {
    const auto is_written = [&](const auto& part) { return written_.contains({part.in, part.key}); };
    return std::ranges::any_of(tx.expects, is_written) || std::ranges::any_of(tx.writes, is_written);
  }

  const batch_limits& limits_;
  std::set<std::pair<slice, std::string_view>> written_;
  std::size_t bytes_ = batch_overhead * bytes_a_key;
  std::size_t largest_ = 0;
  std::size_t parts_ = 0;
};

}  // namespace

bool fits(const mini_transaction& tx, const batch_limits& limits) { return batch(limits).add(tx); }

std::size_t shareable(std::span<const mini_transaction* const> queue, const batch_limits& limits) {
  batch taken(limits);
  const auto rest = std::ranges::find_if(queue, [&](const auto* tx) { return !taken.add(*tx); });
  return static_cast<std::size_t>(rest - queue.begin());
}

}  // namespace authnz::storage
