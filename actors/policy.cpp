#include "actors/policy.hpp"

namespace authnz::actors {

decider_actor::behavior_type policy(decider_actor::stateful_pointer<policy_state> self, decider_parts parts) {
  return decider_behavior(self->state.decides.emplace(self, std::move(parts)));
}

}  // namespace authnz::actors
