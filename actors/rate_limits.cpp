#include "actors/rate_limits.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace authnz::actors {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_none(std::string_view text) {
  constexpr std::string_view none = "none";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text, none, {}, lower);
}

std::optional<std::uint32_t> at_least_one(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

/// Where the limit of a key is kept; null if there is no such key.
std::uint32_t* limit_of(rate_limits& limits, std::string_view key) {
  if (key == "user") return &limits.user;
  if (key == "session") return &limits.session;
  if (key == "apikey") return &limits.apikey;
  if (key == "internal") return &limits.internal;
  if (key == "ipaddr") return &limits.ipaddr;
  if (key == "burst") return &limits.burst;
  const auto* row = proto::find_request(key);
  return row != nullptr ? &limits.named[static_cast<std::size_t>(row->id)] : nullptr;
}

std::uint32_t group_limit(const rate_limits& limits, std::string_view name) {
  if (name.starts_with("user-")) return limits.user;
  if (name.starts_with("session-")) return limits.session;
  if (name.starts_with("apikey-")) return limits.apikey;
  if (name.starts_with("internal-")) return limits.internal;
  return limits.ipaddr;
}

}  // namespace

allowance rate_limits::allowance_of(const proto::request_row& row) const {
  const auto configured = named[static_cast<std::size_t>(row.id)];
  if (const auto own = configured != 0 ? configured : row.limit.own; own != 0) return {own, own};
  return {group_limit(*this, row.name), burst};
}

tl::expected<rate_limits, std::string> parse_rate_limits(std::string_view text) {
  rate_limits limits;
  if (is_none(trimmed(text))) {
    limits.enabled = false;
    return limits;
  }
  while (!text.empty()) {
    const auto end = text.find(';');
    const auto pair = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;

    const auto colon = pair.find(':');
    const std::string key{trimmed(pair.substr(0, colon))};
    auto* const limit = limit_of(limits, key);
    if (limit == nullptr) return tl::unexpected("unknown key \"" + key + "\"");
    const auto value = colon == std::string_view::npos ? std::nullopt : at_least_one(trimmed(pair.substr(colon + 1)));
    if (!value) return tl::unexpected(key + ": must be a whole number of at least 1");
    *limit = *value;
  }
  return limits;
}

}  // namespace authnz::actors
