/// The actor that asks for breached passwords. To be spawned detached: it
/// waits for the network.
#pragma once

#include <chrono>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/meter.hpp"

namespace authnz::actors {

struct breach_state {
  static constexpr const char* name = "breach";
  breach_state() = default;
  std::chrono::steady_clock::time_point resting_until{};  ///< the list is not asked before then
};

/// When the list is out of reach, it is not asked again for 5 s, so that a
/// service that hangs does not hold up one sign-up after the other. Without a list (`pwnedpasswords` = off) no password
/// is known.
breach_actor::behavior_type breach(breach_actor::stateful_pointer<breach_state> self,
                                   std::shared_ptr<breached_passwords> list, meter_ptr measured);

}  // namespace authnz::actors
