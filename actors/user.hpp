/// The user actor: decides the requests that are about accounts and their
/// passwords. It owns the writes to the slices `users`, `emails`, `system_ids`
/// and `attempts`, and the lanes of accounts.
#pragma once

#include <optional>

#include "actors/decider.hpp"

namespace authnz::actors {

struct user_state {
  static constexpr const char* name = "user";
  user_state() = default;
  std::optional<decider> decides;
};

decider_actor::behavior_type user(decider_actor::stateful_pointer<user_state> self, decider_parts parts);

}  // namespace authnz::actors
