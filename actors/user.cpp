#include "actors/user.hpp"

namespace authnz::actors {

decider_actor::behavior_type user(decider_actor::stateful_pointer<user_state> self, decider_parts parts) {
  return decider_behavior(self->state.decides.emplace(self, std::move(parts)));
}

}  // namespace authnz::actors
