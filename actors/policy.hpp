/// The policy actor: decides what the permissions policy allows. It writes nothing.
#pragma once

#include <optional>

#include "actors/decider.hpp"

namespace authnz::actors {

struct policy_state {
  static constexpr const char* name = "policy";
  policy_state() = default;
  std::optional<decider> decides;
};

decider_actor::behavior_type policy(decider_actor::stateful_pointer<policy_state> self, decider_parts parts);

}  // namespace authnz::actors
