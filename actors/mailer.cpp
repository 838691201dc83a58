#include "actors/mailer.hpp"

namespace authnz::actors {

decider_actor::behavior_type mailer(decider_actor::stateful_pointer<mailer_state> self, decider_parts parts) {
  return decider_behavior(self->state.decides.emplace(self, std::move(parts)));
}

}  // namespace authnz::actors
