#include "tools/ctl/durations.hpp"

#include <charconv>

#include "proto/time.hpp"

namespace authnz::ctl {

namespace {

constexpr std::int64_t longest = std::int64_t{100} * 366 * 86400;

std::optional<std::int64_t> seconds_of(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(const std::string& text) {
  std::int64_t n = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  const auto unit = seconds_of({rest, static_cast<std::size_t>(text.data() + text.size() - rest)});
  if (error != std::errc() || !unit || n <= 0 || n > longest / *unit) return std::nullopt;
  return std::chrono::seconds(n * *unit);
}

std::optional<std::string> parse_moment(const std::string& text, std::chrono::system_clock::time_point now) {
  constexpr std::size_t date_alone = 10;
  const auto whole = text.size() == date_alone ? text + "T00:00:00" : text;
  if (const auto time = proto::parse_time(whole)) return proto::format_time(*time);
  const auto ago = parse_duration(text);
  if (!ago) return std::nullopt;
  return proto::format_time(std::chrono::floor<std::chrono::microseconds>(now - *ago));
}

}  // namespace authnz::ctl
