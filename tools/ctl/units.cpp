#include "tools/ctl/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace authnz::ctl {

namespace {

std::string format(const char* pattern, double value) {
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), pattern, value);
  return text.data();
}

/// Three digits that matter, of a number from 0 to 9999.
std::string three_digits(double value) {
  if (value < 9.995) return format("%.2f", value);
  if (value < 99.95) return format("%.1f", value);
  return format("%.0f", value);
}

std::string two(std::int64_t high, const char* high_unit, std::int64_t low, const char* low_unit) {
  const auto padded = (low < 10 ? "0" : "") + std::to_string(low);
  return std::to_string(high) + high_unit + padded + low_unit;
}

}  // namespace

std::string shown_count(std::uint64_t n) {
  if (n < 1000) return std::to_string(n);
  constexpr std::array<const char*, 6> units{"k", "M", "G", "T", "P", "E"};
  auto value = static_cast<double>(n) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5; ++unit) value /= 1000;
  return three_digits(value) + units.at(unit);
}

std::string shown_rate(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 0.05) return "<0.1";
  if (per_second < 9.95) return format("%.1f", per_second);
  return shown_count(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string shown_bytes(std::uint64_t bytes) {
  constexpr double step = 1024;
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> units{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  auto value = static_cast<double>(bytes) / step;
  std::size_t unit = 0;
  for (; value >= step - 0.5; ++unit) value /= step;
  return three_digits(value) + units.at(unit);
}

std::string shown_duration(std::chrono::microseconds duration) {
  const auto us = duration.count();
  constexpr std::int64_t millisecond = 1000;
  constexpr std::int64_t second = 1'000'000;
  if (us <= 0) return "0";
  if (us < millisecond) return std::to_string(us) + "us";
  if (us < second - 500) return three_digits(static_cast<double>(us) / millisecond) + "ms";
  if (us < 60 * second) return three_digits(static_cast<double>(us) / second) + "s";
  return shown_age(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string shown_age(std::chrono::seconds age) {
  const auto s = std::max<std::int64_t>(age.count(), 0);
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return two(s / 60, "m", s % 60, "s");
  if (s < 86400) return two(s / 3600, "h", s % 3600 / 60, "m");
  return two(s / 86400, "d", s % 86400 / 3600, "h");
}

std::string shown_share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const auto percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  return format(percent < 99.95 ? "%.1f %%" : "%.0f %%", percent);
}

}  // namespace authnz::ctl
