#include "actors/rules/json_path.hpp"

#include <algorithm>

#include "proto/json_text.hpp"

namespace authnz::actors::rules {
namespace {

bool is_plain_word(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

std::string member_path(std::string_view path, std::string_view name) {
  std::string out(path);
  if (is_plain_word(name)) return out.append(".").append(name);
  return out.append("[").append(json_quoted(name)).append("]");
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::string json_quoted(std::string_view text) {
  std::string out;
  proto::append_quoted(out, text);
  return out;
}

}  // namespace authnz::actors::rules
