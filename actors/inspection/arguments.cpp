#include "actors/inspection/arguments.hpp"

namespace authnz::actors::inspection {

namespace {

const json* find(const json& arguments, const char* name) {
  const auto at = arguments.find(name);
  return at == arguments.end() || at->is_null() ? nullptr : &*at;
}

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

argument<std::optional<std::string>> text(const json& arguments, const char* name) {
  const auto* value = find(arguments, name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return bad_argument(std::string(name) + " must be a text");
  return std::optional(value->get<std::string>());
}

argument<std::string> required_text(const json& arguments, const char* name) {
  auto found = text(arguments, name);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!*found || (*found)->empty()) return bad_argument(std::string(name) + " is required");
  return std::move(**found);
}

argument<std::optional<std::int64_t>> number(const json& arguments, const char* name, std::int64_t least,
                                             std::int64_t most) {
  const auto* value = find(arguments, name);
  if (value == nullptr) return std::optional<std::int64_t>();
  const auto refuse = [&] {
    return bad_argument(std::string(name) + " must be a whole number from " + std::to_string(least) + " to " +
                        std::to_string(most));
  };
  if (!value->is_number_integer()) return refuse();
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return refuse();
  const auto n = value->get<std::int64_t>();
  if (n < least || n > most) return refuse();
  return std::optional(n);
}

argument<std::int64_t> page_size(const json& arguments) {
  constexpr std::int64_t usual = 100;
  const auto given = number(arguments, "limit", 1, most_in_a_page);
  if (!given) return tl::unexpected(given.error());
  return given->value_or(usual);
}

std::string shown_key(std::string_view key) {
  std::string out;
  out.reserve(key.size() * 2);
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 0xFU];
  }
  return out;
}

std::optional<std::string> key_of(std::string_view shown) {
  if (shown.empty() || shown.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < shown.size(); i += 2) {
    const auto high = digits.find(shown[i]);
    const auto low = digits.find(shown[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>((high << 4U) | low);
  }
  return out;
}

}  // namespace authnz::actors::inspection
