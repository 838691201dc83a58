#include "actors/rules/similarity.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace authnz::actors::rules {
namespace {

/// Where to look for a block, and how long it can be at most.
struct area {
  std::size_t a_begin, a_end, b_begin, b_end, bound;
};

struct block {
  std::size_t a = 0, b = 0, length = 0;
};

class block_finder {
 public:
  block_finder(std::u32string_view a, std::u32string_view b) : a_(a), b_(b), above_(b.size() + 1), row_(b.size() + 1) {}

  /// The longest common block of an area, the earliest in a, then in b.
  block longest(const area& in) {
    block best;
    // above_[j] is the length of the block that ends before b[j] and the row.
    std::fill(above_.begin() + offset(in.b_begin), above_.begin() + offset(in.b_end) + 1, 0U);
    row_[in.b_begin] = 0;
    for (std::size_t i = in.a_begin; i < in.a_end && best.length < in.bound; ++i) {
      for (std::size_t j = in.b_begin; j < in.b_end; ++j) {
        const std::uint32_t length = a_[i] == b_[j] ? above_[j] + 1 : 0;
        row_[j + 1] = length;
        if (length > best.length) best = {i + 1 - length, j + 1 - length, length};
      }
      above_.swap(row_);
      row_[in.b_begin] = 0;
    }
    return best;
  }

 private:
  static std::ptrdiff_t offset(std::size_t i) { return static_cast<std::ptrdiff_t>(i); }

  std::u32string_view a_, b_;
  std::vector<std::uint32_t> above_, row_;
};

std::size_t matched(std::u32string_view a, std::u32string_view b) {
  block_finder finder(a, b);
  std::size_t sum = 0;
  std::vector<area> open{{0, a.size(), 0, b.size(), std::min(a.size(), b.size())}};
  while (!open.empty()) {
    const area in = open.back();
    open.pop_back();
    const block found = finder.longest(in);
    if (found.length == 0) continue;
    sum += found.length;
    // The block is the earliest of its length, so what is left of it has only
    // shorter ones. With these bounds a row is searched again only for a
    // shorter block than the last time; that keeps hostile texts cheap.
    const auto add = [&open](area next) {
      next.bound = std::min({next.bound, next.a_end - next.a_begin, next.b_end - next.b_begin});
      if (next.bound > 0) open.push_back(next);
    };
    add({in.a_begin, found.a, in.b_begin, found.b, found.length - 1});
    add({found.a + found.length, in.a_end, found.b + found.length, in.b_end, found.length});
  }
  return sum;
}

}  // namespace

double similarity(std::u32string_view password, std::u32string_view other) {
  const std::size_t total = password.size() + other.size();
  if (total == 0) return 100;
  return 200.0 * static_cast<double>(matched(password, other)) / static_cast<double>(total);
}

}  // namespace authnz::actors::rules
