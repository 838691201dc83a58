#include "actors/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace authnz::actors {

namespace {

using self_ptr = supervisor_actor::stateful_pointer<supervisor_state>;

constexpr std::chrono::milliseconds first_delay{20};
constexpr std::chrono::milliseconds longest_delay{5000};
// Who lived as long as this starts again without delay.
constexpr std::chrono::seconds settled{60};

void start(self_ptr self, supervisor_state::watched& w) {
  w.actor = w.spec.start(self->state.config);
  w.started = std::chrono::steady_clock::now();
  if (w.spec.card) w.spec.card->started();
  self->monitor(w.actor);
}

void end_those(self_ptr self, bool last) {
  for (const auto& w : self->state.children)
    if (w.actor && w.spec.ends_last == last) self->send_exit(w.actor, *self->state.stopping);
}

bool are_there(const supervisor_state& state, bool last) {
  return std::ranges::any_of(state.children, [last](const auto& w) { return w.actor && w.spec.ends_last == last; });
}

/// Once all others have ended: ends those that end last, and then itself.
void go_on_stopping(self_ptr self) {
  if (are_there(self->state, false)) return;
  if (!are_there(self->state, true)) return self->quit(*self->state.stopping);
  end_those(self, true);
}

void child_is_down(self_ptr self, const caf::down_msg& down) {
  auto& all = self->state.children;
  const auto at = std::ranges::find_if(all, [&](const auto& w) { return w.actor && w.actor.address() == down.source; });
  if (at == all.end()) return;
  at->actor = nullptr;
  if (self->state.stopping) {
    if (at->spec.card) at->spec.card->stopped();
    return go_on_stopping(self);
  }
  at->spec.withdraw();
  at->spec.measured->restarted();
  ++at->restarts;
  if (std::exchange(at->told_to_restart, false)) return start(self, *at);
  if (at->spec.card) at->spec.card->ended(caf::to_string(down.reason));
  self->state.on_death(at->spec.name, caf::to_string(down.reason), at->restarts);
  const bool was_settled = std::chrono::steady_clock::now() - at->started > settled;
  at->delay = was_settled ? first_delay : std::clamp(at->delay * 2, first_delay, longest_delay);
  self->delayed_send(self, at->delay, tick_atom::value, static_cast<std::uint32_t>(at - all.begin()));
}

template <class... Ts>
void tell(supervisor_state& state, bool child::*wanted, const Ts&... message) {
  for (const auto& w : state.children)
    if (w.spec.*wanted && w.actor) caf::anon_send(w.actor, message...);
}

// Behind all that its mailbox holds: whoever was sent to it in time is begun.
void restart(supervisor_state::watched& w) {
  w.told_to_restart = true;
  w.spec.withdraw();
  if (w.spec.card) {
    w.spec.card->set(gate::open);
    w.spec.card->ended({});
  }
  caf::anon_send(w.actor, caf::exit_msg{caf::actor_addr(), caf::exit_reason::user_shutdown});
}

/// Returns why not.
std::string obey(supervisor_state& state, const std::string& name, actor_order order) {
  const auto at = std::ranges::find_if(state.children, [&](const auto& w) { return w.spec.name == name; });
  if (at == state.children.end()) return "there is no actor " + name + " that could be told so";
  if (state.stopping) return "the node stops";
  if (!at->actor || at->told_to_restart) return name + " is being restarted; try again in a moment";
  if (order == actor_order::restart) return restart(*at), std::string();
  if (!at->spec.card) return name + " cannot be held up";
  at->spec.card->set(order == actor_order::pause   ? gate::paused
                     : order == actor_order::drain ? gate::draining
                                                   : gate::open);
  caf::anon_send(at->actor, gate_atom::value);
  return {};
}

}  // namespace

supervisor_actor::behavior_type supervisor(self_ptr self, std::vector<child> children, settings_ptr config,
                                           death_hook on_death) {
  self->state.config = std::move(config);
  self->state.on_death = std::move(on_death);
  for (auto& c : children) self->state.children.push_back({.spec = std::move(c)});
  self->set_down_handler([self](caf::down_msg& down) { child_is_down(self, down); });
  self->set_exit_handler([self](caf::exit_msg& why) {
    self->state.stopping = why.reason;
    end_those(self, false);
    go_on_stopping(self);
  });
  for (auto& w : self->state.children) start(self, w);
  return {
      [self](tick_atom, std::uint32_t which) {
        if (!self->state.stopping) start(self, self->state.children.at(which));
      },
      [self](settings_ptr& next) {
        self->state.config = std::move(next);
        tell(self->state, &child::takes_settings, self->state.config);
      },
      [self](drain_atom) { tell(self->state, &child::takes_drain, drain_atom::value); },
      [self](order_atom, const std::string& name, std::uint8_t order) {
        return obey(self->state, name, static_cast<actor_order>(order));
      },
      [](ping_atom) -> pong_atom { return pong_atom::value; },
  };
}

}  // namespace authnz::actors
