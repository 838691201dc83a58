#include "actors/mailer.hpp"

namespace authnz::actors {

decider_actor::behavior_type mailer(decider_actor::stateful_pointer<mailer_state> self, decider_parts parts,
                                    outbox_parts outbox) {
  auto& pump = self->state.outbox.emplace(self, std::move(outbox));
  parts.post = [&pump](mail_ptr&& job) { pump.post(std::move(job)); };
  auto& d = self->state.decides.emplace(self, std::move(parts));
  return {
      [&d](proto::exchange_ptr& ex) { d.take_in(std::move(ex)); },
      [&d, &pump](commit_ptr& job) {
        // The outbox commits without a client.
        job->ex ? d.committed(std::move(job)) : pump.committed(std::move(job));
      },
      [&d](hash_ptr& job) { d.hashed(std::move(job)); },
      [&d](breach_ptr& job) { d.looked_up(std::move(job)); },
      [&d, &pump](mail_ptr& job) {
        if (!pump.ended(*job)) d.delivered(std::move(job));
      },
      [&pump](tick_atom) { pump.tick(); },
      [&pump](flush_atom) { pump.look_now(); },
      [&d](gate_atom) { d.look_at_gate(); },
      [&d, &pump](drain_atom) {
        d.drain();
        pump.drain();
      },
      [&d, &pump](settings_ptr& next) {
        pump.configure(settings_ptr(next));
        d.configure(std::move(next));
      },
      [](ping_atom) -> pong_atom { return pong_atom::value; },
  };
}

}  // namespace authnz::actors
