/// Restarts actors that die. Their callers get 503 (their exchanges are
/// destroyed), their successors start from the store, and the count is kept.
/// Who ends it ends them all.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/actor_card.hpp"
#include "actors/interfaces.hpp"
#include "actors/meter.hpp"

namespace authnz::actors {

/// What an administrator tells one actor.
enum class actor_order : std::uint8_t {
  pause,    ///< takes work, and lets it wait
  resume,   ///< ends a pause and a drain
  restart,  ///< ends once it has gone through its mailbox, and is started again at once; open again
  drain,    ///< refuses new work, finishes what it has
};
using order_atom = caf::atom_constant<caf::atom("order")>;

/// Starts, stops and reconfigures the actors that it was given.
using supervisor_actor =
    caf::typed_actor<caf::reacts_to<tick_atom, std::uint32_t>,  // start child n again
                     caf::reacts_to<settings_ptr>,              // configure all
                     caf::reacts_to<drain_atom>,                // the server stops
                                                  // an actor's name, and an actor_order -> why not; empty = done
                     caf::replies_to<order_atom, std::string, std::uint8_t>::with<std::string>,
                     caf::replies_to<ping_atom>::with<pong_atom>>;

struct child {
  std::string name;
  /// Spawns the actor and makes it known.
  std::function<caf::actor(const settings_ptr&)> start;
  /// Tells everybody that it is gone.
  std::function<void()> withdraw;
  meter_ptr measured;  ///< counts its restarts
  bool takes_settings = true;
  bool takes_drain = false;
  bool ends_last = false;  ///< all others end before, as they may need it until then
  card_ptr card = {};      ///< null = nobody looks
};

/// Called for every death: which child, why, how often so far.
using death_hook = std::function<void(const std::string& name, const std::string& reason, std::uint32_t restarts)>;

struct supervisor_state {
  static constexpr const char* name = "supervisor";
  supervisor_state() = default;

  struct watched {
    child spec;
    caf::actor actor{};
    std::uint32_t restarts = 0;
    std::chrono::milliseconds delay{0};  ///< before the next start
    std::chrono::steady_clock::time_point started{};
    bool told_to_restart = false;
  };
  std::vector<watched> children;
  settings_ptr config;
  death_hook on_death;
  std::optional<caf::error> stopping;  ///< why, once it stops
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           std::vector<child> children, settings_ptr config, death_hook on_death);

}  // namespace authnz::actors
