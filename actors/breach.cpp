#include "actors/breach.hpp"

#include <chrono>
#include <utility>

namespace authnz::actors {

namespace {

using clock = std::chrono::steady_clock;

// Who finds the list out of reach waits for its time-out; others need not.
constexpr std::chrono::seconds rest_after_failure{5};

std::optional<std::uint64_t> look_up(breached_passwords& list, const proto::secret& password,
                                     clock::time_point& resting_until) {
  if (clock::now() < resting_until) return std::nullopt;
  const auto matches = list.matches(password);
  if (!matches) resting_until = clock::now() + rest_after_failure;
  return matches;
}

}  // namespace

breach_actor::behavior_type breach(breach_actor::stateful_pointer<breach_state> self,
                                   std::shared_ptr<breached_passwords> list, meter_ptr measured) {
  return {
      [self, list = std::move(list), measured = std::move(measured)](breach_ptr& job) {
        const auto begun = clock::now();
        measured->began();
        job->matches = list ? look_up(*list, job->password, self->state.resting_until) : 0;
        measured->ended(job->matches.has_value(), {}, microseconds_between(begun, clock::now()));
        // A copy: the receiver may destroy the job before the sending is done.
        const auto home = job->reply_to;
        if (home) caf::anon_send(home, std::move(job));
      },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
