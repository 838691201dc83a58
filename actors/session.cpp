#include "actors/session.hpp"

namespace authnz::actors {

decider_actor::behavior_type session(decider_actor::stateful_pointer<session_state> self, decider_parts parts) {
  return decider_behavior(self->state.decides.emplace(self, std::move(parts)));
}

}  // namespace authnz::actors
