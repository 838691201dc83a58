#include "actors/outbox_pump.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/mail_seal.hpp"

namespace authnz::actors {

namespace {

using storage::outbox_entry;

constexpr std::size_t most_due = 64;
constexpr std::chrono::seconds longest_rest{60};
constexpr std::chrono::seconds until_recorded_again{1};
constexpr std::chrono::seconds until_duty_looked_at_again{2};

/// Goes with a retry's job.
struct retry final : pending_work {};

/// Goes with the commit of an attempt's end.
struct recording final : pending_work {
  std::string key;
  std::uint32_t tries = 0;
  bool given_up = false;
};

}  // namespace

outbox_pump::outbox_pump(decider_actor::pointer self, outbox_parts parts)
    : self_(self), parts_(std::move(parts)), next_wake_(self->clock().now()), next_look_at_duty_(next_wake_) {
  self_->send(self_, tick_atom::value);
}

void outbox_pump::configure(settings_ptr&& next) { parts_.config = std::move(next); }

// The state must have the duty's mark: what a predecessor recorded comes before
// it, and must not be sent again.
bool outbox_pump::is_on_duty() {
  if (!parts_.duties) return true;
  if (!parts_.duties->has(duty::mail)) return false;
  const auto mark = parts_.duties->fence(duty::mail);
  if (!mark || mark->revision == mark_seen_) return true;
  const auto view = parts_.read();
  const auto seen = view->get(mark->in, mark->key);
  if (!seen || seen->revision < mark->revision) return false;
  mark_seen_ = mark->revision;
  return true;
}

void outbox_pump::look_at_duty() {
  if (!parts_.duties) return;
  const auto now = self_->clock().now();
  if (now >= next_look_at_duty_) {
    next_look_at_duty_ = now + until_duty_looked_at_again;
    self_->delayed_send(self_, until_duty_looked_at_again, tick_atom::value);
  }
  const bool has = is_on_duty();
  if (!std::exchange(was_on_duty_, has) && has) next_wake_ = now;
}

// A tick that another, earlier one has made needless does nothing.
void outbox_pump::tick() {
  look_at_duty();
  if (self_->clock().now() < next_wake_) return;
  next_wake_ = std::chrono::steady_clock::time_point::max();
  std::erase_if(in_flight_, [](const auto& a) { return a.second.work.expired(); });
  std::vector<std::string> ended;
  for (const auto& e : ended_) ended.push_back(e.first);
  for (const auto& key : ended) record(key);
  hand_out();
  wake_in(ended_.empty() ? longest_rest : until_recorded_again);
}

void outbox_pump::look_now() {
  next_wake_ = self_->clock().now();
  tick();
}

void outbox_pump::post(mail_ptr&& job) {
  in_flight_[job->key] = {job->work, false};
  parts_.post(std::move(job));
}

bool outbox_pump::is_busy(const std::string& key) const {
  const auto at = in_flight_.find(key);
  return (at != in_flight_.end() && !at->second.work.expired()) || ended_.contains(key);
}

// Finds what is due; where nothing is, it also sees to the next look.
bool outbox_pump::look() {
  const auto now = parts_.now();
  auto next = now + longest_rest;
  const auto view = parts_.read();
  storage::for_each_mail(*view, [&](const outbox_entry& e) {
    if (is_busy(e.key)) return true;
    if (e.next_try <= now)
      due_.push_back(e.key);
    else
      next = std::min<proto::timestamp>(next, e.next_try);
    return due_.size() < most_due;
  });
  if (view->fault()) report({mail_event::kind::damaged});
  if (due_.empty()) wake_in(next - now);
  return !due_.empty();
}

void outbox_pump::hand_out() {
  if (!is_on_duty()) return due_.clear();
  const auto retries = [this] {
    return std::ranges::count_if(in_flight_, [](const auto& a) { return a.second.retry && !a.second.work.expired(); });
  };
  while (!draining_ && static_cast<std::size_t>(retries()) < most_retries) {
    if (due_.empty() && !look()) return;
    const auto key = std::move(due_.front());
    due_.pop_front();
    try_again(key);
  }
}

void outbox_pump::try_again(const std::string& key) {
  const auto e = storage::find_mail(*parts_.read(), key);
  if (!e || is_busy(key) || e->next_try > parts_.now()) return;
  if (has_outlived_its_use(*e, parts_.now())) return drop(*e, delivery::deferred);
  auto opened = open_mail(e->sealed, parts_.config->mail.keys);
  if (!opened) return drop(*e, delivery::refused);
  const auto work = std::make_shared<retry>();
  in_flight_[key] = {work, true};
  auto job = std::make_shared<mail_job>();
  job->key = key;
  job->tries = e->tries;
  job->mail = std::move(opened->mail);
  job->route = opened->route.value_or(parts_.config->mail.route);
  job->deadline = std::chrono::steady_clock::now() + attempt_time;
  job->reply_to = self_;
  job->work = work;
  parts_.post(std::move(job));
}

void outbox_pump::drop(const outbox_entry& e, delivery as) {
  if (as == delivery::refused) report({mail_event::kind::unreadable, e.tries});
  ended_[e.key] = {as, e.tries, true};
  record(e.key);
}

bool outbox_pump::ended(const mail_job& job) {
  const auto& [result, detail] = job.report;
  const auto what = result == delivery::accepted   ? mail_event::kind::accepted
                    : result == delivery::deferred ? mail_event::kind::deferred
                                                   : mail_event::kind::refused;
  report({what, job.tries + 1, detail, job.reqid});
  const bool is_retry = dynamic_cast<const retry*>(job.work.get()) != nullptr;
  ended_[job.key] = {result, job.tries, is_retry};
  if (!is_retry) {
    wake_in(until_recorded_again);
    return false;
  }
  in_flight_.erase(job.key);
  record(job.key);
  return true;
}

// Does nothing while somebody else still may.
void outbox_pump::record(const std::string& key) {
  auto& end = ended_.at(key);
  if (in_flight_.contains(key) || !end.recording.expired()) return;
  const auto view = parts_.read();
  const auto e = storage::find_mail(*view, key);
  if (view->fault()) return;
  if (!e || e->tries != end.tries) {
    ended_.erase(key);
    return;
  }
  // Who has the duty now tries the message anew, unless it comes back first.
  if (end.retry && !is_on_duty()) return wake_in(until_recorded_again);
  const auto now = parts_.now();
  const auto work = std::make_shared<recording>();
  work->key = key;
  work->tries = e->tries;
  work->given_up = end.result == delivery::deferred && has_outlived_its_use(*e, now);
  end.recording = work;
  auto job = std::make_shared<commit_job>();
  record_attempt(job->tx, *view, *e, {end.result, now, parts_.config->mail.first_retry});
  const auto fence = end.retry && parts_.duties ? parts_.duties->fence(duty::mail) : std::nullopt;
  if (fence) job->tx.expects.push_back(*fence);
  job->reply_to = self_;
  job->work = work;
  parts_.commit(std::move(job));
}

void outbox_pump::committed(commit_ptr&& job) {
  const auto work = std::static_pointer_cast<recording>(std::move(job->work));
  if (job->result == storage::commit_result::applied) {
    if (work->given_up) report({mail_event::kind::given_up, work->tries});
    ended_.erase(work->key);
  } else {
    report({mail_event::kind::unrecorded, work->tries});
    wake_in(until_recorded_again);
  }
  hand_out();
}

void outbox_pump::count(mail_event::kind what) const {
  if (!parts_.counts) return;
  auto& mail = parts_.counts->mail;
  switch (what) {
    case mail_event::kind::accepted: ++mail.accepted; break;
    case mail_event::kind::deferred: ++mail.deferred; break;
    case mail_event::kind::refused: ++mail.refused; break;
    case mail_event::kind::given_up:
    case mail_event::kind::unreadable: ++mail.given_up; break;
    case mail_event::kind::damaged:
    case mail_event::kind::unrecorded: break;
  }
}

void outbox_pump::report(const mail_event& what) const {
  using enum mail_event::kind;
  count(what.what);
  if (what.what != deferred && what.what != damaged && what.what != unrecorded) {
    parts_.done->began();
    parts_.done->ended(what.what == accepted, {}, {});
  }
  if (parts_.log) parts_.log(what);
}

void outbox_pump::wake_in(std::chrono::microseconds delay) {
  const auto due = self_->clock().now() + delay;
  if (next_wake_ <= due) return;
  next_wake_ = due;
  self_->delayed_send(self_, delay, tick_atom::value);
}

}  // namespace authnz::actors
