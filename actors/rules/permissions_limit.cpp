// Judges values by the limits of a permissions policy (contract, section 9.3).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "actors/rules/json_number.hpp"
#include "actors/rules/json_path.hpp"
#include "actors/rules/permissions.hpp"
#include "actors/rules/text_lines.hpp"

namespace authnz::actors::rules {
namespace {

using proto::json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Number>
std::optional<exact_number> read_as(std::string_view text) {
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<exact_number>(n);
}

// What does not fit 64 bits becomes a double, as it does in JSON, and beyond that infinite.
exact_number whole_number(std::string_view text) {
  if (const auto n = read_as<std::int64_t>(text)) return *n;
  if (const auto n = read_as<std::uint64_t>(text)) return *n;
  if (const auto n = read_as<double>(text)) return *n;
  const auto infinity = std::numeric_limits<exact_number>::infinity();
  return text.front() == '-' ? -infinity : infinity;
}

std::optional<exact_number> number_of(std::string_view text, bool whole_alone) {
  text = trim(text);
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const std::string_view digits = text.substr(has_sign ? 1 : 0);
  // Neither a second sign nor a word such as "inf".
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return std::nullopt;
  if (text.starts_with('+')) text = digits;
  if (std::ranges::all_of(digits, is_digit)) return whole_number(text);
  return whole_alone ? std::nullopt : read_as<double>(text);
}

std::optional<exact_number> number_of(const json& value, bool whole) {
  if (value.is_number()) return whole ? std::trunc(number_in(value)) : number_in(value);
  if (value.is_string()) return number_of(std::string_view(value.get_ref<const std::string&>()), whole);
  return std::nullopt;
}

const permissions::role_limit* find_limit(const permissions& p, std::string_view role, std::string_view name) {
  const auto policy = p.role_policies.find(role);
  if (policy == p.role_policies.end()) return nullptr;
  const auto limit = policy->second.limits.find(name);
  return limit == policy->second.limits.end() ? nullptr : &limit->second;
}

limit_verdict compare(const permissions::role_limit& limit, exact_number value) {
  const bool passed = limit.type.below ? value < limit.limit : value > limit.limit;
  return passed ? limit_verdict::passed : limit_verdict::over;
}

std::string text_of(exact_number n) {
  char text[64];
  const auto write = [&](auto number) {
    return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
  };
  if (n >= -0x1p63L && n < 0x1p63L && n == std::trunc(n)) return write(static_cast<std::int64_t>(n));
  if (n >= 0 && n < 0x1p64L && n == std::trunc(n)) return write(static_cast<std::uint64_t>(n));
  return write(static_cast<double>(n));
}

std::string words_of(const permissions::role_limit& limit) {
  return "limit: " + text_of(limit.limit) + " of type " + json_quoted(limit.type_name) + " (" +
         (limit.type.whole ? "int" : "float") + ", " + (limit.type.below ? "lt" : "gt") + ")";
}

}  // namespace

limit_verdict judge_limit(const permissions& p, std::string_view role, std::string_view limit_name, const json& value) {
  const auto* limit = find_limit(p, role, limit_name);
  if (limit == nullptr) return limit_verdict::passed;
  const auto number = number_of(value, limit->type.whole);
  return number ? compare(*limit, *number) : limit_verdict::value_invalid;
}

explained_limit explain_limit(const permissions& p, std::string_view role, std::string_view limit_name,
                              const json& value) {
  const std::string limits = member_path(member_path(member_path(json_root, "role_policy"), role), "limits");
  const auto* limit = find_limit(p, role, limit_name);
  if (limit == nullptr) {
    const bool known = p.role_policies.contains(role);
    return {limit_verdict::passed,
            {known ? "limit: none, because " + limits + " does not hold " + json_quoted(limit_name)
                   : "limit: none, because $.roles does not hold " + json_quoted(role)}};
  }
  explained_limit out{judge_limit(p, role, limit_name, value),
                      {words_of(*limit) + " in " + member_path(limits, limit_name)}};
  const auto number = number_of(value, limit->type.whole);
  out.why.push_back(number
                        ? "value: " + text_of(*number) + " is " + (out.verdict == limit_verdict::passed ? "" : "not ") +
                              (limit->type.below ? "less" : "greater") + " than " + text_of(limit->limit)
                        : std::string("value: is no ") + (limit->type.whole ? "whole " : "") + "number");
  return out;
}

}  // namespace authnz::actors::rules
