/// The session actor: decides the requests that are about sessions. It owns
/// the writes to the slice `sessions`.
#pragma once

#include <optional>

#include "actors/decider.hpp"

namespace authnz::actors {

struct session_state {
  static constexpr const char* name = "session";
  session_state() = default;
  std::optional<decider> decides;
};

decider_actor::behavior_type session(decider_actor::stateful_pointer<session_state> self, decider_parts parts);

}  // namespace authnz::actors
