/// Finding a record of the store by what an administrator types: its shown
/// key, or as much of the beginning as names one record alone.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "actors/inspection/arguments.hpp"

namespace authnz::actors::inspection {

/// Hexadecimal digits; fewer name no record, as keys begin with a time.
inline constexpr std::size_t least_digits = 12;

/// The argument `key`, checked.
inline argument<std::string> key_argument(const json& arguments) {
  auto shown = required_text(arguments, "key");
  if (!shown) return shown;
  const auto even = shown->substr(0, shown->size() / 2 * 2);
  if (shown->size() < least_digits || !key_of(even) || shown->find_first_not_of("0123456789abcdef") != shown->npos)
    return bad_argument("key must be " + std::to_string(least_digits) + " or more of a key's hexadecimal digits");
  return shown;
}

/// `scan` gets the least key to look at and a visitor, which gets a `Row` and
/// returns whether to go on. `what` is one of them in words, `a session`.
template <class Row, class Scan>
argument<Row> named(const json& arguments, const std::string& what, const Scan& scan) {
  const auto shown = key_argument(arguments);
  if (!shown) return tl::unexpected(shown.error());
  std::optional<Row> found;
  bool several = false;
  scan(*key_of(shown->substr(0, shown->size() / 2 * 2)), [&](const Row& row) {
    const auto key = shown_key(row.key);
    // The least key may lack the last digit.
    if (!key.starts_with(*shown)) return key < *shown;
    several = found.has_value();
    if (!found) found = row;
    return !several;
  });
  if (several) return bad_argument("more than one key begins with " + *shown + "; give more digits");
  if (!found) return not_found("there is not " + what + " with the key " + *shown + "; it may have ended meanwhile");
  return std::move(*found);
}

/// The argument `after`: where a page begins. `""` for the first.
inline argument<std::string> page_start(const json& arguments) {
  const auto after = text(arguments, "after");
  if (!after) return tl::unexpected(after.error());
  if (!*after) return std::string();
  auto key = key_of(**after);
  if (!key) return bad_argument("after must be the last key of the page before");
  // The next key there can be.
  key->push_back('\0');
  return std::move(*key);
}

}  // namespace authnz::actors::inspection
