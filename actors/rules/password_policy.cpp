#include "actors/rules/password_policy.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include "actors/rules/similarity.hpp"
#include "actors/rules/text_lines.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors::rules {
namespace {

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Sets `target`; what is wrong with the value, or nothing.
template <class Number>
std::string set(Number& target, std::string_view value, Number least, Number most, std::string_view range) {
  const auto number = read_number<Number>(value);
  if (!number || !(*number >= least && *number <= most)) return " must be " + std::string(range);
  target = *number;
  return {};
}

std::string set_item(password_policy& policy, std::string_view name, std::string_view value) {
  constexpr int unlimited = std::numeric_limits<int>::max();
  // At less than these a rule would refuse every password.
  if (name == "min_pass_length")
    return set(policy.min_pass_length, value, 0, static_cast<int>(max_password_length), "a number from 0 to 1024");
  if (name == "max_unsafe_similarity") return set(policy.max_unsafe_similarity, value, 1, unlimited, "at least 1");
  if (name == "max_char_frequency") return set(policy.max_char_frequency, value, 0.001, 1.0, "from 0.001 to 1");
  if (name == "min_pwned_matches") return set(policy.min_pwned_matches, value, 1, unlimited, "at least 1");
  return " is no rule";
}

/// Runs of U+0000-U+0020 become one blank, the ends are trimmed.
std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 0x20U)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool resembles(std::string_view squeezed, const judged_against& against, int limit) {
  const std::u32string password = code_points(casefold(squeezed));
  const auto close = [&](std::string_view text) {
    return !text.empty() && similarity(password, code_points(casefold(text))) >= limit;
  };
  return close(against.server_name) || std::any_of(against.addresses.begin(), against.addresses.end(), close) ||
         std::any_of(against.names.begin(), against.names.end(), close);
}

double highest_frequency(std::u32string characters) {
  std::sort(characters.begin(), characters.end());
  std::ptrdiff_t most = 0;
  for (auto run = characters.begin(); run != characters.end();) {
    const auto end = std::upper_bound(run, characters.end(), *run);
    most = std::max(most, end - run);
    run = end;
  }
  return characters.empty() ? 0 : static_cast<double>(most) / static_cast<double>(characters.size());
}

}  // namespace

tl::expected<password_policy, std::string> parse_password_policy(std::string_view text) {
  password_policy policy;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view pair = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t colon = pair.find(':');
    if (colon == std::string_view::npos) return tl::unexpected("\"" + std::string(pair) + "\" is not name:value");
    const std::string_view name = trim(pair.substr(0, colon));
    const std::string problem = set_item(policy, name, trim(pair.substr(colon + 1)));
    if (!problem.empty()) return tl::unexpected("\"" + std::string(name) + "\"" + problem);
  }
  return policy;
}

bool too_long(std::string_view password) { return count_code_points(password) > max_password_length; }

std::vector<proto::code> judge(std::string_view password, const judged_against& against, const password_policy& policy,
                               const password_list& common) {
  using proto::code;
  const std::string squeezed = squeeze(password);
  const std::u32string characters = code_points(password);
  std::vector<code> failed;
  const auto check = [&failed](bool fails, code rule) {
    if (fails) failed.push_back(rule);
  };
  check(static_cast<std::int64_t>(count_code_points(squeezed)) < policy.min_pass_length, code::password_too_short);
  check(common.contains(casefold(password)), code::password_common);
  check(resembles(squeezed, against, policy.max_unsafe_similarity), code::password_too_similar);
  check(highest_frequency(characters) > policy.max_char_frequency, code::password_repetitive);
  check(!characters.empty() && std::all_of(characters.begin(), characters.end(), is_digit), code::password_numeric);
  return failed;
}

}  // namespace authnz::actors::rules
