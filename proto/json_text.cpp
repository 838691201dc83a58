#include "proto/json_text.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace authnz::proto {

namespace {

constexpr char hex[] = "0123456789abcdef";

void append_unit(std::string& out, unsigned unit) {
  const char escaped[] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
  out.append(escaped, sizeof escaped);
}

void append_code_point(std::string& out, unsigned point) {
  if (point < 0x10000) return append_unit(out, point);
  append_unit(out, 0xD800 + ((point - 0x10000) >> 10));
  append_unit(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
}

// Reads one multi-byte sequence at `at` and moves past it. A truncated or
// stray byte, which well-formed text never holds, reads as U+FFFD.
unsigned decode(std::string_view s, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(s[at++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > s.size()) return 0xFFFD;
  unsigned point = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) point = point << 6 | (static_cast<unsigned char>(s[at++]) & 0x3FU);
  return point;
}

void append_special(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: append_unit(out, static_cast<unsigned char>(c));
  }
}

// Whether a byte stands for itself in a JSON string.
constexpr auto plain = [] {
  std::array<bool, 256> is{};
  for (unsigned c = 0x20; c < 0x7F; ++c) is[c] = c != '"' && c != '\\';
  return is;
}();

bool is_plain(char c) { return plain[static_cast<unsigned char>(c)]; }

}  // namespace

void append_quoted(std::string& out, std::string_view utf8) {
  out.push_back('"');
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t end = at;
    while (end < utf8.size() && is_plain(utf8[end])) ++end;
    out.append(utf8, at, end - at);
    at = end;
    if (at == utf8.size()) break;
    if (static_cast<unsigned char>(utf8[at]) < 0x80)
      append_special(out, utf8[at++]);
    else
      append_code_point(out, decode(utf8, at));
  }
  out.push_back('"');
}

std::string to_text(const json& value) { return value.dump(-1, ' ', true); }

std::string object_text::object() const {
  std::string whole;
  whole.reserve(members_.size() + 2);
  whole += '{';
  whole += members_;
  whole += '}';
  return whole;
}

// Keys are words of ours, with nothing to escape.
std::string& object_text::key(std::string_view key) {
  members_ += members_.empty() ? "\"" : ",\"";
  members_ += key;
  members_ += "\":";
  return members_;
}

object_text& object_text::text(std::string_view k, std::string_view value) {
  append_quoted(key(k), value);
  return *this;
}

object_text& object_text::text_or_null(std::string_view k, const std::optional<std::string>& value) {
  return value ? text(k, *value) : null(k);
}

object_text& object_text::integer(std::string_view k, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  key(k).append(digits, end);
  return *this;
}

object_text& object_text::integer_or_null(std::string_view k, std::optional<std::int64_t> value) {
  return value ? integer(k, *value) : null(k);
}

object_text& object_text::boolean(std::string_view k, bool value) {
  key(k) += value ? "true" : "false";
  return *this;
}

object_text& object_text::time(std::string_view k, timestamp value) { return text(k, format_time(value)); }

object_text& object_text::time_or_null(std::string_view k, std::optional<timestamp> value) {
  return value ? time(k, *value) : null(k);
}

object_text& object_text::null(std::string_view k) {
  key(k) += "null";
  return *this;
}

object_text& object_text::raw(std::string_view k, std::string_view value) {
  key(k) += value;
  return *this;
}

}  // namespace authnz::proto
