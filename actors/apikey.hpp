/// The apikey actor: decides the requests that are about API keys. It owns the
/// writes to the slices `apikeys` and `apikey_families`.
#pragma once

#include <optional>

#include "actors/decider.hpp"

namespace authnz::actors {

struct apikey_state {
  static constexpr const char* name = "apikey";
  apikey_state() = default;
  std::optional<decider> decides;
};

decider_actor::behavior_type apikey(decider_actor::stateful_pointer<apikey_state> self, decider_parts parts);

}  // namespace authnz::actors
