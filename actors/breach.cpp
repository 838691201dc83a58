#include "actors/breach.hpp"

#include <chrono>
#include <utility>

namespace authnz::actors {

breach_actor::behavior_type breach(breach_actor::stateful_pointer<breach_state>,
                                   std::shared_ptr<breached_passwords> list, meter_ptr measured) {
  return {
      [list = std::move(list), measured = std::move(measured)](breach_ptr& job) {
        const auto begun = std::chrono::steady_clock::now();
        measured->began();
        job->matches = list ? list->matches(job->password) : 0;
        measured->ended(job->matches.has_value(), {}, microseconds_between(begun, std::chrono::steady_clock::now()));
        // A copy: the receiver may destroy the job before the sending is done.
        const auto home = job->reply_to;
        if (home) caf::anon_send(home, std::move(job));
      },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
