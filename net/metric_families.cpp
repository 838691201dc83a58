#include "net/metric_families.hpp"

#include <prometheus/text_serializer.h>

#include <array>
#include <limits>
#include <sstream>
#include <utility>

namespace authnz::net {

namespace {

constexpr double seconds_a_microsecond = 1e-6;

template <std::size_t Count>
constexpr std::array<std::uint64_t, Count> powers(std::uint64_t first, std::uint64_t factor) {
  std::array<std::uint64_t, Count> all{};
  for (auto& one : all) one = std::exchange(first, first * factor);
  return all;
}

constexpr auto fine = powers<22>(16, 2);
constexpr auto coarse = powers<11>(16, 4);
constexpr auto small = std::to_array<std::uint64_t>({1, 2, 4, 8, 15, 31, 63, 127, 255, 511, 1023, 4095});

using place_ends = std::array<std::uint64_t, actors::histogram::places>;

// The largest value of each place.
place_ends find_place_ends() {
  place_ends ends{};
  actors::histogram::counts one{};
  for (std::size_t place = 0; place < ends.size(); ++place) {
    one[place] = 1;
    ends[place] = static_cast<std::uint64_t>(actors::quantile(one, 1).count());
    one[place] = 0;
  }
  return ends;
}

const place_ends& ends_of_places() {
  static const auto ends = find_place_ends();
  return ends;
}

double estimated_sum(const actors::histogram::counts& counts) {
  const auto& ends = ends_of_places();
  double sum = 0;
  std::uint64_t begin = 0;
  for (std::size_t place = 0; place < counts.size(); begin = ends[place++] + 1)
    sum += static_cast<double>(counts[place]) * static_cast<double>(begin + ends[place]) / 2;
  return sum;
}

}  // namespace

const bucket_scale& fine_durations() {
  static const bucket_scale scale{fine, seconds_a_microsecond, true};
  return scale;
}

const bucket_scale& coarse_durations() {
  static const bucket_scale scale{coarse, seconds_a_microsecond, true};
  return scale;
}

const bucket_scale& small_numbers() {
  static const bucket_scale scale{small, 1, false};
  return scale;
}

metric_family& metric_family::add(double value, metric_labels labels) {
  auto& m = family_.metric.emplace_back();
  m.label = std::move(labels);
  (family_.type == prometheus::MetricType::Counter ? m.counter.value : m.gauge.value) = value;
  return *this;
}

metric_family& metric_family::add(const actors::histogram::counts& counts, const bucket_scale& scale,
                                  metric_labels labels, std::optional<std::uint64_t> sum) {
  auto& m = family_.metric.emplace_back();
  m.label = std::move(labels);
  const auto& ends = ends_of_places();
  std::size_t place = 0;
  std::uint64_t seen = 0;
  for (const auto bound : scale.bounds) {
    // Durations are cut to whole microseconds: below 16 us is 15 at most.
    const auto last_within = scale.bounds_are_outside ? bound - 1 : bound;
    for (; place < counts.size() && ends[place] <= last_within; ++place) seen += counts[place];
    m.histogram.bucket.push_back({seen, static_cast<double>(bound) * scale.unit});
  }
  for (; place < counts.size(); ++place) seen += counts[place];
  m.histogram.bucket.push_back({seen, std::numeric_limits<double>::infinity()});
  m.histogram.sample_count = seen;
  m.histogram.sample_sum = (sum ? static_cast<double>(*sum) : estimated_sum(counts)) * scale.unit;
  return *this;
}

metric_family metric_families::open(prometheus::MetricType type, std::string_view name, std::string help) {
  auto& family = families_.emplace_back();
  family.name = name.starts_with("process_") ? std::string(name) : "authnzerver_" + std::string(name);
  family.help = std::move(help);
  family.type = type;
  return metric_family(family);
}

metric_family metric_families::counter(std::string_view name, std::string help) {
  return open(prometheus::MetricType::Counter, name, std::move(help));
}
metric_family metric_families::gauge(std::string_view name, std::string help) {
  return open(prometheus::MetricType::Gauge, name, std::move(help));
}
metric_family metric_families::histogram(std::string_view name, std::string help) {
  return open(prometheus::MetricType::Histogram, name, std::move(help));
}

std::string metric_families::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, {families_.begin(), families_.end()});
  return std::move(out).str();
}

}  // namespace authnz::net
