/// Collects samples by family, and writes them as Prometheus text (exposition
/// format 0.0.4).
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/meter.hpp"

namespace authnz::net {

using metric_labels = std::vector<prometheus::ClientMetric::Label>;

/// How a histogram's places become buckets.
struct bucket_scale {
  /// Upper bounds; each is the end of a place, so that the counts are exact.
  std::span<const std::uint64_t> bounds;
  double unit = 1;                  ///< of one in what is written
  bool bounds_are_outside = false;  ///< bounds are the first values beyond; else the last within
};

/// Durations from 16 us to 33.5 s, each bound twice the one before.
const bucket_scale& fine_durations();
/// Durations from 16 us to 16.8 s, each bound four times the one before.
const bucket_scale& coarse_durations();
/// Small numbers, from 1 to 4095.
const bucket_scale& small_numbers();

/// One family; valid until the list is gone.
class metric_family {
 public:
  explicit metric_family(prometheus::MetricFamily& f) : family_(f) {}

  metric_family& add(double value, metric_labels labels = {});
  /// Without a known sum (in microseconds, or ones), the middles of the places
  /// stand for the values: within 1/16.
  metric_family& add(const actors::histogram::counts& counts, const bucket_scale& scale, metric_labels labels = {},
                     std::optional<std::uint64_t> sum = std::nullopt);

 private:
  prometheus::MetricFamily& family_;
};

/// Names get the prefix `authnzerver_`, unless they begin with `process_`.
class metric_families {
 public:
  metric_family counter(std::string_view name, std::string help);
  metric_family gauge(std::string_view name, std::string help);
  metric_family histogram(std::string_view name, std::string help);
  std::string text() const;

 private:
  metric_family open(prometheus::MetricType type, std::string_view name, std::string help);

  std::deque<prometheus::MetricFamily> families_;
};

}  // namespace authnz::net
