/// The actor that sweeps: at its start, and daily. It goes through the store
/// in small steps with pauses between them, so that nobody notices.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "actors/actor_card.hpp"
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
  card_ptr card = {};  ///< null = nobody holds it up
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

  void schedule();
  void step();
  void go_on(sweep_place next);

  sweeper_actor::pointer self_;
  sweeper_parts parts_;
  clock::time_point next_sweep_;
  sweep_place place_{sweep_stage::done, {}};
  sweep_place after_commit_;
  bool committing_ = false;
  bool unharmed_ = true;  ///< the step read and wrote without a failure
  int conflicts_ = 0;     ///< in a row
  bool held_up_ = false;  ///< a tick has come while the gate was shut
  clock::time_point step_begun_;
};

sweeper_actor::behavior_type sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, sweeper_parts parts);

}  // namespace authnz::actors
