/// The mailer actor: decides the requests that send messages, and sends those
/// that wait in the outbox. It owns the writes to the slice `outbox`.
#pragma once

#include <optional>

#include "actors/decider.hpp"
#include "actors/outbox_pump.hpp"

namespace authnz::actors {

struct mailer_state {
  static constexpr const char* name = "mailer";
  mailer_state() = default;
  std::optional<outbox_pump> outbox;
  std::optional<decider> decides;
};

/// `parts.post` is filled in here.
decider_actor::behavior_type mailer(decider_actor::stateful_pointer<mailer_state> self, decider_parts parts,
                                    outbox_parts outbox);

}  // namespace authnz::actors
