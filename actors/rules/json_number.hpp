/// A JSON number without loss.
#pragma once

#include <nlohmann/json.hpp>

#include "actors/rules/permissions.hpp"

namespace authnz::actors::rules {

/// Requires that `value` is a number.
inline exact_number number_in(const proto::json& value) {
  if (value.is_number_unsigned()) return static_cast<exact_number>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<exact_number>(value.get<std::int64_t>());
  return static_cast<exact_number>(value.get<double>());
}

}  // namespace authnz::actors::rules
