#include "actors/courier.hpp"

#include <algorithm>
#include <utility>

namespace authnz::actors {

namespace {

struct courier_state {
  static constexpr const char* name = "courier";
};

std::chrono::milliseconds time_left(const mail_job& job) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(job.deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self, std::uint32_t number,
                                     const std::shared_ptr<mail_transport>& transport) {
  return {
      [self, number, transport](mail_ptr& job) {
        job->report = transport ? transport->deliver(job->mail, job->route, time_left(*job))
                                : delivery_report{delivery::deferred, "there is no way to a mail server"};
        const auto pool = caf::actor_cast<courier_pool_actor>(self->current_sender());
        self->send(pool, std::move(job), caf::idle_atom_v, number);
      },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

void send_home(mail_ptr&& job) {
  // A copy: the receiver may destroy the job before the sending is done.
  const auto home = job->reply_to;
  if (home) caf::anon_send(home, std::move(job));
}

}  // namespace

courier_pool_state::~courier_pool_state() {
  for (const auto& w : couriers_) caf::anon_send_exit(w.actor, caf::exit_reason::user_shutdown);
}

void courier_pool_state::begin(courier_options options, std::shared_ptr<mail_transport>&& transport,
                               meter_ptr&& measured) {
  options_ = std::move(options);
  transport_ = std::move(transport);
  measured_ = std::move(measured);
  for (std::uint32_t n = 0; n < std::max(options_.couriers, 1U); ++n) couriers_.push_back({.actor = spawn_courier(n)});
}

courier_actor courier_pool_state::spawn_courier(std::uint32_t number) {
  if (number < options_.courier_cards.size()) options_.courier_cards[number]->started();
  return self_->spawn<caf::detached + caf::monitored>(courier, number, transport_);
}

void courier_pool_state::queue(mail_ptr&& job) {
  measured_->began();
  if (is(gate::draining)) return defer(std::move(job), "the couriers are being drained");
  const auto now = clock::now();
  const auto deadline = job->deadline;
  queue_.push_back({std::move(job), now});
  hand_out();
  if (!queue_.empty()) self_->delayed_send(self_, std::max(deadline - now, clock::duration::zero()), caf::tick_atom_v);
}

void courier_pool_state::hand_out() {
  for (std::size_t n = 0; n < couriers_.size(); ++n) {
    auto& w = couriers_[n];
    if (queue_.empty() || is(gate::paused)) break;
    if (w.job) continue;
    if (n < options_.courier_cards.size()) options_.courier_cards[n]->measured->began();
    w.job = std::move(queue_.front().job);
    w.queued = queue_.front().since;
    w.begun = clock::now();
    queue_.pop_front();
    self_->send(w.actor, w.job);
  }
  tell();
}

void courier_pool_state::tell() const {
  auto oldest = clock::time_point::max();
  for (const auto& w : couriers_)
    if (w.job) oldest = std::min(oldest, w.queued);
  measured_->set_oldest_in_hand(oldest == clock::time_point::max() ? std::nullopt : std::optional(oldest));
  measured_->set_oldest_waiting(queue_.empty() ? std::nullopt : std::optional(queue_.front().since));
}

void courier_pool_state::done(const mail_ptr& job, std::uint32_t courier) {
  auto& w = couriers_[courier];
  if (w.job != job) return;
  finished(w);
  tick();
}

void courier_pool_state::finished(worker& w) {
  const bool ok = w.job->report.result == delivery::accepted;
  const auto waited = microseconds_between(w.queued, w.begun);
  const auto took = microseconds_between(w.begun, clock::now());
  measured_->ended(ok, waited, took);
  const auto number = static_cast<std::size_t>(&w - couriers_.data());
  if (number < options_.courier_cards.size()) options_.courier_cards[number]->measured->ended(ok, waited, took);
  send_home(std::exchange(w.job, nullptr));
}

void courier_pool_state::replace(const caf::actor_addr& dead, const std::string& why) {
  for (std::uint32_t n = 0; n < couriers_.size(); ++n) {
    auto& w = couriers_[n];
    if (w.actor.address() != dead) continue;
    if (w.job) {
      w.job->report = {delivery::deferred, "the courier died"};
      finished(w);
    }
    if (n < options_.courier_cards.size()) {
      options_.courier_cards[n]->ended(why);
      options_.courier_cards[n]->measured->restarted();
    }
    w.actor = spawn_courier(n);
    return tick();
  }
}

void courier_pool_state::tick() {
  const auto now = clock::now();
  std::deque<queued> waiting;
  for (auto& q : std::exchange(queue_, {})) {
    if (q.job->deadline <= now)
      defer(std::move(q.job), "no courier was free");
    else
      waiting.push_back(std::move(q));
  }
  queue_ = std::move(waiting);
  hand_out();
}

void courier_pool_state::defer(mail_ptr&& job, const char* why) {
  job->report = {delivery::deferred, why};
  measured_->ended(false, {}, {});
  send_home(std::move(job));
}

courier_pool_actor::behavior_type courier_pool(courier_pool_actor::stateful_pointer<courier_pool_state> self,
                                               courier_options options, std::shared_ptr<mail_transport> transport,
                                               meter_ptr measured) {
  self->set_down_handler(
      [self](const caf::down_msg& down) { self->state.replace(down.source, caf::to_string(down.reason)); });
  self->state.begin(std::move(options), std::move(transport), std::move(measured));
  return {
      [self](mail_ptr& job) { self->state.queue(std::move(job)); },
      [self](const mail_ptr& job, caf::idle_atom, std::uint32_t courier) { self->state.done(job, courier); },
      [self](tick_atom) { self->state.tick(); },
      [self](gate_atom) { self->state.tick(); },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
