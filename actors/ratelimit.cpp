#include "actors/ratelimit.hpp"

#include <array>
#include <limits>
#include <string>
#include <utility>

#include "actors/client_address.hpp"
#include "actors/limits_job.hpp"
#include "actors/rules/unicode.hpp"
#include "proto/answer.hpp"

namespace authnz::actors {

namespace {

using std::chrono::steady_clock;

// A table of a million is gone through in about a minute.
constexpr std::chrono::milliseconds sweep_every{250};
constexpr std::size_t slots_a_sweep = 4096;

constexpr std::chrono::seconds save_every{1};
// Others wait for the journal too.
constexpr std::size_t most_saved = 4096;

std::int64_t microseconds(steady_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::microseconds>(t.time_since_epoch()).count();
}

/// The address that a request is about, normalised; empty when it has none
/// that validation would accept.
std::string address_of(const proto::call& request, std::size_t longest) {
  const auto* item = request.find("email");
  if (item == nullptr) item = request.find("email_address");
  const auto* text = item != nullptr ? item->get_ptr<const std::string*>() : nullptr;
  return text != nullptr && text->size() <= longest ? rules::normalise_address(*text) : std::string();
}

}  // namespace

void ratelimit_state::begin(ratelimit_parts&& parts) {
  parts_ = std::move(parts);
  gate_ = exchange_gate(parts_.card);
  parts_.buckets->configure(parts_.config->rates);
  if (parts_.peers != nullptr) cluster_.emplace(self_, *parts_.peers, parts_.buckets, parts_.counts);
  tell_size();
  self_->delayed_send(self_, sweep_every, caf::tick_atom_v);
}

void ratelimit_state::take_in(proto::exchange_ptr&& ex) {
  if (gate_.lets_in(ex)) return pass(std::move(ex));
  gate_.watch(self_);
}

void ratelimit_state::look_at_gate() {
  for (auto& ex : gate_.look(steady_clock::now())) pass(std::move(ex));
  gate_.watch(self_);
}

void ratelimit_state::tell_size() const {
  if (parts_.counts) parts_.counts->limits.buckets.store(parts_.buckets->size(), std::memory_order_relaxed);
  if (parts_.card) parts_.card->memory.store(parts_.buckets->bytes(), std::memory_order_relaxed);
}

void ratelimit_state::pass(proto::exchange_ptr&& ex) {
  const auto begun = steady_clock::now();
  ex->waiting = {};
  parts_.measured->began(ex->request.row().id);
  parts_.measured->set_last_begun(ex->arrived);
  if (!parts_.config->rates.enabled) return go_on(std::move(ex), begun, {});
  count(std::move(ex), begun);
}

void ratelimit_state::count(proto::exchange_ptr&& ex, clock::time_point begun) {
  const auto& row = ex->request.row();
  const auto client = rate_key_address(ex->client);
  const auto address = row.limit.by_address ? address_of(ex->request, parts_.config->limits.text) : std::string();
  const std::array<rate_subject, 2> both{
      {{rate_subject::kind::client, client}, {rate_subject::kind::mail_address, address}}};
  const auto subjects = std::span(both).first(address.empty() ? 1 : 2);
  if (!cluster_ || cluster_->are_ours(row, subjects)) {
    const auto now = microseconds(self_->clock().now());
    return go_on(std::move(ex), begun, parts_.buckets->take(row, subjects, now));
  }
  cluster_->take(row, subjects, [this, held = std::move(ex), begun](const rate_verdict& verdict) mutable {
    go_on(std::move(held), begun, verdict);
  });
}

void ratelimit_state::go_on(proto::exchange_ptr&& ex, clock::time_point begun, const rate_verdict& verdict) {
  const auto waited = microseconds_between(ex->arrived, begun);
  proto::mark(ex->followed, proto::trace_step::limited);
  if (!verdict.allowed()) {
    if (parts_.counts) ++parts_.counts->limits.refused;
    if (verdict.noteworthy && parts_.on_refusal) parts_.on_refusal(*ex);
    ex->answer({proto::http_status::too_many_requests, {}, verdict.retry_after});
  } else if (!ex->problems.empty()) {
    ex->answer({proto::http_status::ok, proto::render_problems(ex->request.row().name, ex->problems, ex->reqid), 0,
                proto::code::invalid_parameters});
  } else {
    parts_.route(std::move(ex));
  }
  parts_.measured->ended(verdict.allowed(), waited, microseconds_between(begun, steady_clock::now()));
}

void ratelimit_state::tick() {
  const auto now = self_->clock().now();
  parts_.buckets->sweep(microseconds(now), slots_a_sweep);
  if (cluster_) cluster_->look_at_view();
  tell_size();
  if (now >= next_save_ && saving_.expired()) {
    next_save_ = now + save_every;
    save(most_saved);
  }
  self_->delayed_send(self_, sweep_every, caf::tick_atom_v);
}

void ratelimit_state::save(std::size_t most) {
  if (!parts_.commit || !parts_.config->rates.enabled) return;
  auto job = std::make_shared<commit_job>();
  parts_.buckets->save_changes(job->tx, most, {microseconds(self_->clock().now()), parts_.now()});
  if (job->tx.writes.empty()) return;
  parts_.buckets->save_secret(job->tx);
  saving_ = job;
  parts_.commit(std::move(job));
}

void ratelimit_state::end() {
  if (cluster_) cluster_->end();
  save(std::numeric_limits<std::size_t>::max());
}

void ratelimit_state::serve(limits_ptr&& job) {
  const auto now = microseconds(self_->clock().now());
  // Else nobody else would know these keys.
  if (cluster_ && job->fresh) job->fresh->adopt_secret(*parts_.buckets);
  if (!actors::serve(*job, *parts_.buckets, now)) return self_->send(self_, std::move(job));
  job->answer.enabled = parts_.config->rates.enabled;
  job->finish();
}

void ratelimit_state::serve(peer_ptr&& job) {
  const auto mine = std::move(job);
  actors::serve(*mine, *parts_.buckets, parts_.config->rates.enabled, microseconds(self_->clock().now()));
}

void ratelimit_state::flush() {
  if (cluster_) cluster_->flush();
}

void ratelimit_state::configure(settings_ptr&& next) {
  parts_.config = std::move(next);
  parts_.buckets->configure(parts_.config->rates);
}

ratelimit_actor::behavior_type ratelimit(ratelimit_actor::stateful_pointer<ratelimit_state> self,
                                         ratelimit_parts parts) {
  self->state.begin(std::move(parts));
  self->set_exit_handler([self](caf::exit_msg& why) {
    self->state.end();
    self->quit(why.reason);
  });
  return {
      [self](proto::exchange_ptr& ex) { self->state.take_in(std::move(ex)); },
      [self](tick_atom) { self->state.tick(); },
      [self](settings_ptr& next) { self->state.configure(std::move(next)); },
      [self](limits_ptr& job) { self->state.serve(std::move(job)); },
      [self](peer_ptr& job) { self->state.serve(std::move(job)); },
      [self](flush_atom) { self->state.flush(); },
      [self](gate_atom) { self->state.look_at_gate(); },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
