#include "actors/apikey.hpp"

namespace authnz::actors {

decider_actor::behavior_type apikey(decider_actor::stateful_pointer<apikey_state> self, decider_parts parts) {
  return decider_behavior(self->state.decides.emplace(self, std::move(parts)));
}

}  // namespace authnz::actors
