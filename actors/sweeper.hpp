/// The actor that sweeps: at its start, and daily. It goes through the store
/// in small steps with pauses between them, so that nobody notices.
///
/// In a cluster one node at a time sweeps what is all nodes'; it begins when it
/// gets that duty. What is its own every node sweeps.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "actors/actor_card.hpp"
#include "actors/duties.hpp"
#include "actors/interfaces.hpp"
#include "actors/meter.hpp"
#include "actors/sweep.hpp"

namespace authnz::actors {

struct sweeper_parts {
  settings_ptr config;
  std::function<std::unique_ptr<storage::view>()> read;  ///< as storage::store::read
  std::function<void(commit_ptr&&)> commit;              ///< to the journal
  std::function<proto::timestamp()> now;                 ///< the wall's clock
  std::function<double()> chance;                        ///< within [0, 1), for the jitter of +/- 10 %
  meter_ptr measured;                                    ///< an event a step
  sweep_bounds bounds;
  card_ptr card = {};                   ///< null = nobody holds it up
  const duty_roster* duties = nullptr;  ///< null = every duty is this node's; outlives the actor
};

class sweeper_state {
 public:
  static constexpr const char* name = "sweeper";

  explicit sweeper_state(sweeper_actor::pointer self) : self_(self) {}

  void begin(sweeper_parts&& parts);
  void tick();
  /// The gate has changed: goes on with what a pause held up.
  void look_at_gate();
  void committed(commit_ptr&& job);
  void configure(settings_ptr&& next);

 private:
  using clock = std::chrono::steady_clock;

  /// Whether the duty came since the last look.
  bool look_at_duty();
  void begin_sweep();
  void step();
  /// What a step that is about all nodes' rows expects.
  std::optional<storage::expectation> fence() const;
  void go_on(sweep_place next);

  sweeper_actor::pointer self_;
  sweeper_parts parts_;
  clock::time_point next_sweep_;
  clock::time_point next_step_;  ///< of the sweep under way
  clock::time_point next_look_;  ///< at the roster
  bool on_duty_ = false;
  sweep_place place_{sweep_stage::done, {}};
  sweep_place after_commit_;
  std::weak_ptr<pending_work> committing_;  ///< goes with the step's job; lost with it
  bool unharmed_ = true;                    ///< the step read and wrote without a failure
  int conflicts_ = 0;                       ///< in a row
  bool held_up_ = false;                    ///< a tick has come while the gate was shut
  clock::time_point step_begun_;
};

sweeper_actor::behavior_type sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, sweeper_parts parts);

}  // namespace authnz::actors
