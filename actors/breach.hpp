/// The actor that asks for breached passwords. To be spawned detached: it
/// waits for the network.
#pragma once

#include <memory>

#include "actors/interfaces.hpp"
#include "actors/meter.hpp"

namespace authnz::actors {

struct breach_state {
  static constexpr const char* name = "breach";
};

/// Without a list (`pwnedpasswords` = off) no password is known.
breach_actor::behavior_type breach(breach_actor::stateful_pointer<breach_state> self,
                                   std::shared_ptr<breached_passwords> list, meter_ptr measured);

}  // namespace authnz::actors
