/// Counts durations in buckets whose width grows with the value, so that any
/// percentile is known within 1/64 of itself (the scheme of HdrHistogram).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace authnz::bench {

class histogram {
 public:
  using duration = std::chrono::nanoseconds;

  /// Negative durations count as none.
  void record(duration d) {
    ++buckets_[index(static_cast<std::uint64_t>(std::max<std::int64_t>(d.count(), 0)))];
    ++total_;
  }

  void add(const histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    total_ += other.total_;
  }

  std::uint64_t total() const { return total_; }

  /// The duration that `share` (0-1) of the values do not exceed.
  duration quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= std::max<std::uint64_t>(wanted, 1)) return duration(static_cast<std::int64_t>(upper_end(i)));
    }
    return duration(0);
  }

 private:
  // Values below 128 have a bucket each; beyond, each doubling has 64.
  static constexpr unsigned sub_bits = 6;

  static std::size_t index(std::uint64_t v) {
    const auto shift = std::max(0, static_cast<int>(std::bit_width(v)) - static_cast<int>(sub_bits) - 1);
    return (static_cast<std::size_t>(shift) << sub_bits) + static_cast<std::size_t>(v >> shift);
  }
  static std::uint64_t upper_end(std::size_t i) {
    if (i < (std::size_t{2} << sub_bits)) return i;
    const auto shift = (i >> sub_bits) - 1;
    const auto within = i - (shift << sub_bits);
    return ((within + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (65 - sub_bits) << sub_bits> buckets_{};
  std::uint64_t total_ = 0;
};

}  // namespace authnz::bench
