/// How deep JSON nests. A list or an object is one level, also when empty;
/// single values are none.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>

namespace authnz::proto {

/// Looks no deeper than `levels`, so hostile input cannot exhaust the stack.
template <class Json>
bool nests_beyond(const Json& value, unsigned levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::ranges::any_of(value, [levels](const auto& inner) { return nests_beyond(inner, levels - 1); });
}

}  // namespace authnz::proto
