#include "actors/hasher.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace authnz::actors {

namespace {

/// A detached actor's state: what its thread computes with.
struct hash_worker_state {
  static constexpr const char* name = "hash-worker";
  hash_worker_state() = default;

  std::unique_ptr<password_hasher> hasher;
};

hash_worker_actor::behavior_type hash_worker(hash_worker_actor::stateful_pointer<hash_worker_state> self,
                                             std::uint32_t number, const hasher_options& options) {
  return {
      [self, number, options](hash_ptr& job) {
        if (!self->state.hasher) {
          // The thread is this actor's own. To lower one's priority is always allowed.
          setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), options.niceness);
          self->state.hasher = std::make_unique<password_hasher>();
        }
        const auto dispatcher = caf::actor_cast<hasher_actor>(self->current_sender());
        options.compute(*self->state.hasher, *job);
        self->send(dispatcher, std::move(job), caf::idle_atom_v, number);
      },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

void make(password_hasher& hasher, hash_job& job) {
  std::array<unsigned char, password_hasher::salt_bytes> salt{};
  randombytes_buf(salt.data(), salt.size());
  job.phc = hasher.make(job.password.reveal(), salt, job.params);
  job.result = hash_job::outcome::made;
}

void verify(password_hasher& hasher, hash_job& job) {
  if (!is_verifiable(job.phc)) {
    hasher.dummy(job.password.reveal(), job.params);
    job.result = hash_job::outcome::mismatched;
    return;
  }
  const bool matched = hasher.verify(job.password.reveal(), job.phc);
  job.result = matched ? hash_job::outcome::matched : hash_job::outcome::mismatched;
}

}  // namespace

void compute(password_hasher& hasher, hash_job& job) {
  try {
    job.what == hash_job::kind::make ? make(hasher, job) : verify(hasher, job);
  } catch (const std::bad_alloc&) {
    job.result = hash_job::outcome::refused;
  }
}

hasher_state::hasher_state(hasher_actor::pointer self)
    : self_(self),
      offers_(self, [this](hash_ptr&& job, clock::time_point since) { came_back(std::move(job), since); }) {}

hasher_state::~hasher_state() {
  for (const auto& w : workers_) caf::anon_send_exit(w.actor, caf::exit_reason::user_shutdown);
}

void hasher_state::begin(hasher_options&& options, meter_ptr&& measured) {
  options_ = std::move(options);
  measured_ = std::move(measured);
  for (std::uint32_t n = 0; n < std::max(options_.workers, 1U); ++n) workers_.push_back({.actor = spawn_worker(n)});
  tell();
}

hash_worker_actor hasher_state::spawn_worker(std::uint32_t number) {
  if (number < options_.worker_cards.size()) options_.worker_cards[number]->started();
  return self_->spawn<caf::detached + caf::monitored>(hash_worker, number, options_);
}

void hasher_state::queue(hash_ptr&& job) {
  measured_->began();
  if (options_.card && options_.card->standing() == gate::draining)
    return refuse(std::move(job), std::chrono::seconds(5));
  if (const auto wait = estimated_wait(); wait > options_.longest_wait) return refuse(std::move(job), wait);
  queue_.push_back({std::move(job), clock::now()});
  hand_out();
  watch_gate();
}

void hasher_state::serve(const peer_ptr& asked) {
  const auto& how = options_.sharing;
  auto offer = how.peers != nullptr ? open_offer(asked->packed, how.keys) : std::nullopt;
  if (!offer) return asked->answer({});
  auto job = std::move(offer->job);
  job->work = std::make_shared<hash_guest>(asked, offer->number);
  if (!costs_as_usual(*job, how.usual))
    return asked->answer(seal_answer({offer_outcome::unlike, {}}, offer->number, how.keys).value_or(std::string()));
  const bool open = !options_.card || options_.card->standing() == gate::open;
  auto* const idle = open && queue_.empty() ? idle_worker() : nullptr;
  if (idle == nullptr) return send_home(std::move(job));
  measured_->began();
  if (options_.counts) ++options_.counts->hashing.for_others;
  begin_work(*idle, {std::move(job), clock::now()});
  tell();
}

void hasher_state::configure(const settings& s) {
  options_.sharing.usual = s.argon2;
  options_.sharing.keys = s.mail.keys;
}

// While it is paused nobody waits longer than a queue may take.
void hasher_state::look_at_gate() {
  const auto now = clock::now();
  while (is_paused() && !queue_.empty() && now - queue_.front().since > options_.longest_wait) {
    auto late = std::move(queue_.front().job);
    queue_.pop_front();
    refuse(std::move(late), std::chrono::seconds(1));
  }
  hand_out();
  watch_gate();
}

void hasher_state::watch_gate() {
  const auto now = clock::now();
  if (!is_paused() || queue_.empty() || next_look_ > now) return;
  constexpr std::chrono::milliseconds look_every{250};
  next_look_ = now + look_every;
  self_->delayed_send(self_, look_every, gate_atom::value);
}

void hasher_state::tell() const {
  auto oldest = clock::time_point::max();
  for (const auto& w : workers_)
    if (w.busy) oldest = std::min(oldest, w.queued);
  measured_->set_oldest_in_hand(oldest == clock::time_point::max() ? std::nullopt : std::optional(oldest));
  measured_->set_oldest_waiting(queue_.empty() ? std::nullopt : std::optional(queue_.front().since));
  if (!options_.counts) return;
  auto& counts = options_.counts->hashing;
  counts.workers = static_cast<std::uint32_t>(workers_.size());
  counts.busy = static_cast<std::uint32_t>(std::ranges::count(workers_, true, &worker::busy));
  counts.queued = static_cast<std::uint32_t>(queue_.size());
}

// Each worker keeps a buffer as large as its largest computation.
void hasher_state::tell_buffers(const hash_job& next) {
  largest_kib_ = std::max(largest_kib_, next.params.memory_kib);
  if (options_.card) options_.card->memory = std::uint64_t{largest_kib_} * 1024 * workers_.size();
}

hasher_state::worker* hasher_state::idle_worker() {
  const auto found = std::ranges::find(workers_, false, &worker::busy);
  return found != workers_.end() ? &*found : nullptr;
}

std::chrono::microseconds hasher_state::estimated_wait() {
  if (idle_worker() != nullptr) return {};
  return average_ * (queue_.size() + 1) / (workers_.size() + offers_.under_way());
}

void hasher_state::hand_out() {
  for (auto* idle = idle_worker(); idle != nullptr && !queue_.empty() && !is_paused(); idle = idle_worker()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    next.job->deadline < clock::now() ? refuse(std::move(next.job), std::chrono::seconds(1))
                                      : begin_work(*idle, std::move(next));
  }
  offer_rest();
  tell();
}

void hasher_state::begin_work(worker& w, queued&& next) {
  w.busy = true;
  w.queued = next.since;
  w.begun = clock::now();
  tell_buffers(*next.job);
  const auto number = static_cast<std::size_t>(&w - workers_.data());
  if (number < options_.worker_cards.size()) options_.worker_cards[number]->measured->began();
  self_->send(w.actor, std::move(next.job));
}

void hasher_state::offer_rest() {
  const auto now = clock::now();
  for (auto at = queue_.begin(); at != queue_.end() && !is_paused() && offers_.finds_room(options_.sharing);)
    at = at->job->deadline >= now && offers_.take(options_.sharing, at->job, at->since) ? queue_.erase(at) : at + 1;
}

void hasher_state::came_back(hash_ptr&& job, clock::time_point since) {
  const bool computed = job->result != hash_job::outcome::pending;
  if (computed) {
    measured_->ended(true, {}, microseconds_between(since, clock::now()));
    if (options_.counts) ++options_.counts->hashing.by_others;
    send_home(std::move(job));
  } else {
    queue_.push_front({std::move(job), since});
  }
  hand_out();
}

void hasher_state::send_home(hash_ptr&& job) {
  if (answer_guest(*job, options_.sharing.keys)) return;
  // A copy: the receiver may destroy the job before the sending is done.
  const auto home = job->reply_to;
  if (home) caf::anon_send(home, std::move(job));
}

void hasher_state::done(hash_ptr&& job, std::uint32_t worker) {
  if (auto& w = workers_[worker]; w.busy) finished(w, job->result != hash_job::outcome::refused);
  // The worker first: it is the one that has to wait otherwise.
  hand_out();
  send_home(std::move(job));
}

void hasher_state::finished(worker& w, bool ok) {
  const auto took = microseconds_between(w.begun, clock::now());
  if (ok) average_ += (took - average_) / 8;
  const auto waited = microseconds_between(w.queued, w.begun);
  measured_->ended(ok, waited, took);
  const auto number = static_cast<std::size_t>(&w - workers_.data());
  if (number < options_.worker_cards.size()) options_.worker_cards[number]->measured->ended(ok, waited, took);
  if (options_.counts && ok) {
    ++options_.counts->hashing.computed;
    options_.counts->hashing.compute_time.add(took);
  }
  w.busy = false;
}

void hasher_state::replace(const caf::actor_addr& dead, const std::string& why) {
  for (std::uint32_t n = 0; n < workers_.size(); ++n) {
    auto& w = workers_[n];
    if (w.actor.address() != dead) continue;
    if (w.busy) finished(w, false);
    if (n < options_.worker_cards.size()) {
      options_.worker_cards[n]->ended(why);
      options_.worker_cards[n]->measured->restarted();
    }
    w.actor = spawn_worker(n);
    hand_out();
    return;
  }
}

void hasher_state::refuse(hash_ptr&& job, std::chrono::microseconds wait) {
  job->result = hash_job::outcome::refused;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  job->retry_after = static_cast<std::uint32_t>(std::max<std::int64_t>(seconds, 1));
  measured_->ended(false, {}, {});
  if (options_.counts) ++options_.counts->hashing.refused;
  send_home(std::move(job));
}

hasher_actor::behavior_type hasher(hasher_actor::stateful_pointer<hasher_state> self, hasher_options options,
                                   meter_ptr measured) {
  self->set_down_handler(
      [self](const caf::down_msg& down) { self->state.replace(down.source, caf::to_string(down.reason)); });
  self->state.begin(std::move(options), std::move(measured));
  return {
      [self](hash_ptr& job) { self->state.queue(std::move(job)); },
      [self](hash_ptr& job, caf::idle_atom, std::uint32_t worker) { self->state.done(std::move(job), worker); },
      [self](const peer_ptr& asked) { self->state.serve(asked); },
      [self](const settings_ptr& next) { self->state.configure(*next); },
      [self](gate_atom) { self->state.look_at_gate(); },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
