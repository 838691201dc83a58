/// The mailer actor: decides the requests that send messages. It owns the writes to
/// the slice `outbox`.
#pragma once

#include <optional>

#include "actors/decider.hpp"

namespace authnz::actors {

struct mailer_state {
  static constexpr const char* name = "mailer";
  mailer_state() = default;
  std::optional<decider> decides;
};

decider_actor::behavior_type mailer(decider_actor::stateful_pointer<mailer_state> self, decider_parts parts);

}  // namespace authnz::actors
