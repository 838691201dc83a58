#include "actors/sweeper.hpp"

#include <utility>

namespace authnz::actors {

namespace {

constexpr std::chrono::hours a_day{24};
constexpr std::chrono::milliseconds pause{5};
constexpr std::chrono::seconds look_again{20};
constexpr int most_conflicts = 3;

/// The time `days` before `now`, or the earliest that can be written.
proto::timestamp days_before(proto::timestamp now, std::int32_t days) {
  constexpr std::int64_t seconds_a_day = 86400;
  return proto::add_seconds(now, -days * seconds_a_day).value_or(proto::timestamp::min());
}

}  // namespace

void sweeper_state::begin(sweeper_parts&& parts) {
  parts_ = std::move(parts);
  next_sweep_ = next_step_ = next_look_ = self_->clock().now();
  self_->send(self_, caf::tick_atom_v);
}

/// A tick begins the daily sweep when its time has come, whatever has become
/// of the last one, and one when the duty has come; any other is the next step
/// of the one under way.
void sweeper_state::tick() {
  held_up_ = parts_.card && parts_.card->standing() != gate::open;
  if (held_up_) return;
  const bool has_come = look_at_duty();
  const auto now = self_->clock().now();
  if (has_come || now >= next_sweep_) begin_sweep();
  if (!committing_.expired() || place_.stage == sweep_stage::done || now < next_step_) return;
  if (!on_duty_ && !is_own(place_.stage)) place_ = {sweep_stage::old_events, {}};
  step();
}

bool sweeper_state::look_at_duty() {
  if (!parts_.duties) return !std::exchange(on_duty_, true);
  const auto now = self_->clock().now();
  if (now >= next_look_) {
    next_look_ = now + look_again;
    self_->delayed_send(self_, look_again, caf::tick_atom_v);
  }
  const bool has = parts_.duties->has(duty::sweeping);
  return !std::exchange(on_duty_, has) && has;
}

void sweeper_state::look_at_gate() {
  if (held_up_) tick();
}

void sweeper_state::begin_sweep() {
  const auto jitter = 0.9 + 0.2 * parts_.chance();
  const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(a_day * jitter);
  next_sweep_ = self_->clock().now() + delay;
  self_->delayed_send(self_, delay, caf::tick_atom_v);
  committing_.reset();
  conflicts_ = 0;
  place_ = {};
}

void sweeper_state::step() {
  parts_.measured->began();
  step_begun_ = clock::now();
  const auto now = parts_.now();
  const auto view = parts_.read();
  auto batch = sweep(*view, place_, days_before(now, parts_.config->session_expiry_days), now, parts_.bounds,
                     parts_.config->keep_audit);
  unharmed_ = !view->fault();
  if (batch.tx.empty()) return go_on(std::move(batch.next));
  if (const auto held = fence(); held && !is_own(place_.stage)) batch.tx.expects.push_back(*held);
  after_commit_ = std::move(batch.next);
  auto job = std::make_shared<commit_job>();
  job->tx = std::move(batch.tx);
  job->reply_to = self_;
  job->work = std::make_shared<pending_work>();
  committing_ = job->work;
  parts_.commit(std::move(job));
}

std::optional<storage::expectation> sweeper_state::fence() const {
  return parts_.duties ? parts_.duties->fence(duty::sweeping) : std::nullopt;
}

void sweeper_state::committed(commit_ptr&& job) {
  // A sweep that has begun since does not wait for it.
  if (job->work != committing_.lock()) return parts_.measured->ended(false, {}, {});
  committing_.reset();
  switch (job->result) {
    case storage::commit_result::applied: conflicts_ = 0; return go_on(std::move(after_commit_));
    case storage::commit_result::conflict:
      // Somebody changed one of the rows: look again, but not for ever.
      return go_on(++conflicts_ <= most_conflicts ? place_ : next_stage(place_));
    case storage::commit_result::unavailable:
    case storage::commit_result::unknown:
      // The next look finds the duty anew, and begins again.
      on_duty_ = false;
      [[fallthrough]];
    case storage::commit_result::storage_full:
    case storage::commit_result::storage_error: unharmed_ = false; return go_on({sweep_stage::done, {}});
  }
}

void sweeper_state::go_on(sweep_place next) {
  if (next.stage != place_.stage) conflicts_ = 0;
  place_ = std::move(next);
  parts_.measured->ended(unharmed_, {}, microseconds_between(step_begun_, clock::now()));
  if (place_.stage == sweep_stage::done) return;
  next_step_ = self_->clock().now() + pause;
  self_->delayed_send(self_, pause, caf::tick_atom_v);
}

void sweeper_state::configure(settings_ptr&& next) { parts_.config = std::move(next); }

sweeper_actor::behavior_type sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, sweeper_parts parts) {
  self->state.begin(std::move(parts));
  return {
      [self](tick_atom) { self->state.tick(); },
      [self](commit_ptr& job) { self->state.committed(std::move(job)); },
      [self](gate_atom) { self->state.look_at_gate(); },
      [self](settings_ptr& next) { self->state.configure(std::move(next)); },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
