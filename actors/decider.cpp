#include "actors/decider.hpp"

#include <algorithm>

#include "actors/decisions.hpp"
#include "actors/mail_schedule.hpp"
#include "actors/mail_seal.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

using proto::code;
using proto::http_status;

struct work final : pending_work {
  proto::exchange_ptr ex;
  facts known;
  chance random;
  std::optional<std::string> account;  ///< whose lane it is in, if in one
  proto::timestamp turn{};
  int tries = 0;
  std::optional<send_mail> outgoing;  ///< while it is stored and sent
  finish end;                         ///< once decided, while it is committed or held
  proto::reply reply;                 ///< what `end` answers
  lanes::clock::time_point began{};
  work_in_hand::place place{};
};

namespace {

work_ptr own(pending_ptr&& p) { return std::static_pointer_cast<work>(std::move(p)); }

std::uint64_t nanoseconds_of(proto::timestamp t) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(t.time_since_epoch()).count());
}

}  // namespace

clocks clocks::system() {
  return {[] { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); },
          [] { return lanes::clock::now(); }};
}

decider::decider(decider_actor::pointer self, decider_parts parts)
    : self_(self), parts_(std::move(parts)), gate_(parts_.card), in_hand_(parts_.measured) {}
decider::~decider() = default;

void decider::take_in(proto::exchange_ptr&& ex) {
  if (gate_.lets_in(ex)) return decide(std::move(ex));
  gate_.watch(self_);
}

void decider::look_at_gate() {
  for (auto& ex : gate_.look(parts_.time.steady())) decide(std::move(ex));
  gate_.watch(self_);
}

void decider::decide(proto::exchange_ptr&& ex) {
  const auto w = std::make_shared<work>();
  w->ex = std::move(ex);
  w->began = parts_.time.steady();
  w->ex->waiting = {};
  w->place = in_hand_.add(w, w->ex->arrived);
  proto::mark(w->ex->followed, proto::trace_step::begun);
  parts_.measured->began(w->ex->request.row().id);
  parts_.measured->set_last_begun(w->ex->arrived);
  if (w->began > w->ex->deadline) return refuse(w, http_status::unavailable, 1);
  if (w->ex->request.row().hash != proto::hashing::checking) return begin(w);

  bool fault = false;
  {
    const auto view = parts_.store.read();
    w->account = account_of(*view, w->ex->request, parts_.time.wall());
    fault = view->fault();
  }
  if (fault) return w->account.reset(), fail(w, code::storage_error);
  if (!w->account) return begin(w);
  if (passed_to_other_shard(w)) return;
  const auto entry = lanes_.enter(*w->account, w, w->began);
  if (entry.verdict == lanes::admission::evaluate) return begin(w), schedule_tick();
  proto::mark(w->ex->followed, proto::trace_step::queued);
  if (entry.verdict == lanes::admission::refuse) {
    w->account.reset();
    refuse(w, http_status::too_many_requests, entry.retry_after);
  }
  schedule_tick();
}

// All attempts on one account must meet in one actor, by whichever item the
// request named the account.
bool decider::passed_to_other_shard(const work_ptr& w) {
  const std::size_t home = shard_of(*w->account, parts_.shards);
  if (home == parts_.shard) return false;
  const auto routes = parts_.routes.current();
  measure(*w, true);
  send_to_user_shard(*routes, home, std::move(w->ex));
  return true;
}

void decider::begin(const work_ptr& w) {
  w->turn = parts_.time.wall();
  if (w->ex->request.row().what == proto::effect::write) {
    last_nanoseconds_ = std::max(last_nanoseconds_ + 1, nanoseconds_of(w->turn));
    w->random.nanoseconds = last_nanoseconds_;
    proto::random_bytes(w->random.bytes);
    proto::random_bytes(w->random.more_bytes);
  }
  run(w);
}

void decider::run(const work_ptr& w) {
  step next;
  bool fault = false;
  {
    const auto view = parts_.store.read();
    next = actors::decide({.store = *view,
                           .request = w->ex->request,
                           .config = *parts_.config,
                           .known = w->known,
                           .random = w->random,
                           .ids = ids_,
                           .now = parts_.time.wall(),
                           .turn = w->turn,
                           .account = w->account ? std::string_view(*w->account) : std::string_view(),
                           .conflicts = static_cast<std::uint32_t>(w->tries)});
    fault = view->fault();
  }
  if (fault && !w->known.mail) return fail(w, code::storage_error);
  std::visit([&](auto& s) { take(w, std::move(s)); }, next);
}

void decider::take(const work_ptr& w, finish&& decided) {
  proto::mark(w->ex->followed, proto::trace_step::decided);
  w->end = std::move(decided);
  w->reply = {http_status::ok, proto::render(w->end.answer, w->ex->reqid), 0, w->end.answer.reason};
  record_events(w);
  if (w->end.tx.writes.empty()) return conclude(w);
  commit(w, std::move(w->end.tx), proto::reply(w->reply));
}

// Events of a change are committed with it; others follow by themselves, and
// nobody waits for them.
void decider::record_events(const work_ptr& w) {
  if (!parts_.record) return;
  const auto now = parts_.time.wall();
  const bool changes = !w->end.tx.writes.empty();
  for (const auto& note : w->end.audit) {
    auto text = parts_.record(note, note.always_ok ? code::none : w->end.answer.reason, *w->ex, now);
    changes ? w->end.tx.events.push_back(std::move(text)) : parts_.aside->record(std::move(text));
  }
}

void decider::commit(const work_ptr& w, storage::mini_transaction&& tx, proto::reply&& if_applied) {
  auto job = std::make_shared<commit_job>();
  job->tx = std::move(tx);
  job->reply_to = self_;
  job->work = w;
  job->ex = w->ex;
  job->if_applied = std::move(if_applied);
  job->even_late = w->known.mail.has_value();
  caf::anon_send(parts_.routes.current()->journal, std::move(job));
}

void decider::committed(commit_ptr&& job) {
  const work_ptr w = own(std::move(job->work));
  switch (job->result) {
    case storage::commit_result::applied: return applied(w);
    case storage::commit_result::storage_full: return not_applied(w, code::storage_full);
    case storage::commit_result::storage_error: return not_applied(w, code::storage_error);
    case storage::commit_result::unavailable: return not_committed(w, http_status::unavailable);
    case storage::commit_result::unknown: return not_committed(w, http_status::none);
    case storage::commit_result::conflict: break;
  }
  if (w->ex->followed) ++w->ex->followed->tries;
  if (++w->tries >= most_tries) return not_applied(w, code::conflict);
  w->outgoing.reset();
  run(w);
}

void decider::applied(const work_ptr& w) {
  if (!w->outgoing) return conclude(w);
  auto job = std::make_shared<mail_job>();
  job->key = w->outgoing->entry.key;
  job->reqid = w->ex->reqid;
  job->mail = std::move(w->outgoing->mail);
  job->route = w->outgoing->route.value_or(parts_.config->mail.route);
  job->deadline = parts_.time.steady() + attempt_time;
  job->reply_to = self_;
  job->work = w;
  parts_.post(std::move(job));
}

// The end of an attempt to send is true whether it could be recorded or not;
// the outbox makes up for the record.
void decider::not_applied(const work_ptr& w, code reason) { w->known.mail ? conclude(w) : fail(w, reason); }

void decider::not_committed(const work_ptr& w, http_status status) {
  w->known.mail ? conclude(w) : refuse(w, status, status == http_status::unavailable ? 1 : 0);
}

void decider::take(const work_ptr& w, check_password&& wanted) {
  send_to_hasher(w, hash_job::kind::verify, wanted.password, std::move(wanted.phc));
}

void decider::take(const work_ptr& w, make_hash&& wanted) {
  send_to_hasher(w, hash_job::kind::make, wanted.password, {});
}

void decider::send_to_hasher(const work_ptr& w, hash_job::kind what, std::string_view password, std::string phc) {
  auto job = std::make_shared<hash_job>();
  job->what = what;
  job->password = proto::secret(std::string(password));
  job->phc = std::move(phc);
  job->params = parts_.config->argon2;
  job->reply_to = self_;
  job->work = w;
  if (what == hash_job::kind::verify) w->known.check = password_check{job->phc, false};
  caf::anon_send(parts_.routes.current()->hasher, std::move(job));
}

void decider::hashed(hash_ptr&& job) {
  const work_ptr w = own(std::move(job->work));
  proto::mark(w->ex->followed, proto::trace_step::hashed);
  switch (job->result) {
    case hash_job::outcome::matched: w->known.check->matched = true; break;
    case hash_job::outcome::mismatched: w->known.check->matched = false; break;
    case hash_job::outcome::made: w->known.new_hash = std::move(job->phc); break;
    case hash_job::outcome::pending:
    case hash_job::outcome::refused: return refuse(w, http_status::unavailable, job->retry_after);
  }
  run(w);
}

void decider::take(const work_ptr& w, ask_breached&& wanted) {
  auto job = std::make_shared<breach_job>();
  job->password = proto::secret(std::string(wanted.password));
  job->reply_to = self_;
  job->work = w;
  caf::anon_send(parts_.routes.current()->breach, std::move(job));
}

void decider::looked_up(breach_ptr&& job) {
  const work_ptr w = own(std::move(job->work));
  proto::mark(w->ex->followed, proto::trace_step::looked_up);
  w->known.breach = breach_check{job->matches};
  run(w);
}

void decider::take(const work_ptr& w, send_mail&& wanted) {
  auto sealed = seal_mail({wanted.mail, wanted.route}, parts_.config->mail.keys);
  if (!sealed) return refuse(w, http_status::internal_error, 0);
  wanted.entry.sealed = std::move(*sealed);
  storage::mini_transaction tx;
  storage::replace_user(tx, wanted.before, wanted.after);
  storage::add_mail(tx, wanted.entry);
  proto::reply if_lost{http_status::ok, proto::render(wanted.if_lost, w->ex->reqid), 0, wanted.if_lost.reason};
  w->outgoing = std::move(wanted);
  commit(w, std::move(tx), std::move(if_lost));
}

void decider::delivered(mail_ptr&& job) {
  const work_ptr w = own(std::move(job->work));
  proto::mark(w->ex->followed, proto::trace_step::sent);
  w->known.mail = mail_check{job->report.result, std::move(w->outgoing->entry), std::move(w->outgoing->sender)};
  w->outgoing.reset();
  w->tries = 0;
  run(w);
}

// The effect, if there is one, is durable: only the answer is left.
void decider::conclude(const work_ptr& w) {
  const auto now = parts_.time.wall();
  for (const auto& note : w->end.audit)
    parts_.audit(note, note.always_ok ? code::none : w->end.answer.reason, *w->ex, now);
  count_autolocks(*w);
  if (!w->account || w->end.hold.count() == 0 || draining_) return end(w, std::move(w->reply));
  w->ex->settle(proto::reply(w->reply));
  for (const auto& late : lanes_.hold(*w->account, w, parts_.time.steady() + w->end.hold)) {
    const work_ptr refused = own(pending_ptr(late));
    refused->account.reset();
    refuse(refused, http_status::too_many_requests,
           lanes::seconds_until(parts_.time.steady() + w->end.hold, parts_.time.steady()));
  }
  schedule_tick();
}

void decider::fail(const work_ptr& w, code reason) {
  const auto a = proto::answer::failure(reason, fields_on_failure(w->ex->request));
  end(w, {http_status::ok, proto::render(a, w->ex->reqid), 0, reason});
}

void decider::refuse(const work_ptr& w, http_status status, std::uint32_t retry_after) {
  end(w, {status, {}, retry_after});
}

void decider::end(const work_ptr& w, proto::reply&& r) {
  measure(*w, r.status == http_status::ok);
  if (parts_.on_answer) parts_.on_answer(*w->ex, r.status);
  w->ex->answer(std::move(r));
  if (!w->account) return;
  if (auto next = lanes_.leave(*w->account)) begin_in_turn(std::move(next));
}

// Not recursive, however many attempts in a row end as soon as they begin.
void decider::begin_in_turn(pending_ptr&& next) {
  next_.push_back(own(std::move(next)));
  if (beginning_) return;
  beginning_ = true;
  while (!next_.empty()) {
    const work_ptr w = std::move(next_.front());
    next_.pop_front();
    begin(w);
  }
  beginning_ = false;
}

void decider::count_autolocks(const work& w) const {
  if (!parts_.counts) return;
  const auto n = std::ranges::count(w.end.audit, "account.autolocked", &audit_note::event);
  if (n > 0) parts_.counts->accounts.autolocks += static_cast<std::uint64_t>(n);
}

void decider::measure(work& w, bool ok) {
  in_hand_.remove(w.place);
  parts_.measured->ended(ok, microseconds_between(w.ex->arrived, w.began),
                         microseconds_between(w.began, parts_.time.steady()));
}

void decider::tick() {
  next_tick_ = lanes::clock::time_point::max();
  after_release(lanes_.release(parts_.time.steady()));
  in_hand_.look();
  schedule_tick();
}

void decider::after_release(std::vector<lanes::released>&& over) {
  for (auto& r : over) {
    if (r.held) {
      const work_ptr w = own(std::move(r.held));
      w->account.reset();
      end(w, std::move(w->reply));
    }
    if (r.next) begin_in_turn(std::move(r.next));
  }
}

void decider::drain() {
  draining_ = true;
  after_release(lanes_.release_all());
}

void decider::configure(settings_ptr&& next) { parts_.config = std::move(next); }

// A tick a second finds lanes whose attempt was lost; holds end on time.
void decider::schedule_tick() {
  if (lanes_.empty()) return;
  const auto now = parts_.time.steady();
  auto due = now + std::chrono::seconds(1);
  if (const auto release = lanes_.next_release()) due = std::min(due, *release);
  if (next_tick_ <= due) return;
  next_tick_ = due;
  self_->delayed_send(self_, std::max(due - now, lanes::clock::duration(std::chrono::milliseconds(1))),
                      tick_atom::value);
}

decider_actor::behavior_type decider_behavior(decider& d) {
  return {
      [&d](proto::exchange_ptr& ex) { d.take_in(std::move(ex)); },
      [&d](commit_ptr& job) { d.committed(std::move(job)); },
      [&d](hash_ptr& job) { d.hashed(std::move(job)); },
      [&d](breach_ptr& job) { d.looked_up(std::move(job)); },
      [&d](mail_ptr& job) { d.delivered(std::move(job)); },
      [&d](tick_atom) { d.tick(); },
      [](flush_atom) {},
      [&d](gate_atom) { d.look_at_gate(); },
      [&d](drain_atom) { d.drain(); },
      [&d](settings_ptr& next) { d.configure(std::move(next)); },
      [](ping_atom) -> pong_atom { return pong_atom::value; },
  };
}

}  // namespace authnz::actors
