#include "actors/journal.hpp"

#include <algorithm>
#include <utility>

namespace authnz::actors {

namespace {

using std::chrono::steady_clock;

bool is_late(const commit_job& job, steady_clock::time_point now) {
  return job.ex && !job.even_late && job.ex->deadline < now;
}

/// Puts a job's result on record, and sends the job home.
void conclude(commit_ptr&& job, storage::commit_result result) {
  job->result = result;
  if (job->ex) proto::mark(job->ex->followed, proto::trace_step::committed);
  // From here on a death on the way back must not turn a change that lasts
  // into "nothing took effect".
  if (result == storage::commit_result::applied && job->ex) job->ex->settle(proto::reply(job->if_applied));
  if (result == storage::commit_result::unknown && job->ex) job->ex->settle({proto::http_status::none, {}});
  // A copy: the receiver may destroy the job before the sending is done.
  const auto home = job->reply_to;
  if (home) caf::anon_send(home, std::move(job));
}

}  // namespace

void journal_state::begin(committer&& commit, meter_ptr&& measured, node_meters_ptr&& counts) {
  commit_ = std::move(commit);
  measured_ = std::move(measured);
  counts_ = std::move(counts);
}

void journal_state::count(const std::vector<storage::commit_result>& results, std::chrono::microseconds took) {
  if (!counts_) return;
  auto& journal = counts_->journal;
  journal.batch_size.add(std::chrono::microseconds(results.size()));
  journal.commit_time.add(took);
  const auto of = [&](storage::commit_result r) { return static_cast<std::uint64_t>(std::ranges::count(results, r)); };
  const auto applied = of(storage::commit_result::applied);
  const auto conflicts = of(storage::commit_result::conflict);
  journal.applied += applied;
  journal.conflicts += conflicts;
  journal.failures += results.size() - applied - conflicts;
}

void journal_state::queue(commit_ptr&& job) {
  measured_->began();
  // The note to itself comes after all that is in the mailbox now.
  if (pending_.empty()) self_->send(self_, caf::flush_atom_v);
  pending_.push_back({std::move(job), steady_clock::now()});
  if (pending_.size() == 1) measured_->set_oldest_waiting(pending_.front().since);
}

void journal_state::flush() {
  commit_some();
  if (!pending_.empty()) self_->send(self_, caf::flush_atom_v);
}

void journal_state::flush_all() {
  while (!pending_.empty()) commit_some();
}

// Whoever waited for it was refused, or is about to be. A job without an
// exchange has no deadline.
void journal_state::turn_away(queued&& late, steady_clock::time_point now) {
  if (counts_) ++counts_->journal.late;
  measured_->ended(false, microseconds_between(late.since, now), {});
  conclude(std::move(late.job), storage::commit_result::unavailable);
}

std::vector<journal_state::queued> journal_state::take_some() {
  const auto now = steady_clock::now();
  std::vector<queued> batch;
  batch.reserve(std::min(pending_.size(), most_in_a_batch));
  for (; !pending_.empty() && batch.size() < most_in_a_batch; pending_.pop_front()) {
    auto& next = pending_.front();
    if (is_late(*next.job, now))
      turn_away(std::move(next), now);
    else
      batch.push_back(std::move(next));
  }
  measured_->set_oldest_waiting(pending_.empty() ? std::nullopt : std::optional(pending_.front().since));
  return batch;
}

void journal_state::commit_some() {
  auto batch = take_some();
  if (batch.empty()) return;
  measured_->set_oldest_in_hand(batch.front().since);

  std::vector<const storage::mini_transaction*> transactions;
  transactions.reserve(batch.size());
  for (const auto& q : batch) transactions.push_back(&q.job->tx);

  const auto begun = steady_clock::now();
  auto results = commit_(transactions);
  results.resize(batch.size(), storage::commit_result::storage_error);
  const auto took = microseconds_between(begun, steady_clock::now());
  count(results, took);
  measured_->set_oldest_in_hand(std::nullopt);

  for (std::size_t i = 0; i < batch.size(); ++i) {
    const bool decided =
        results[i] == storage::commit_result::applied || results[i] == storage::commit_result::conflict;
    if (counts_ && results[i] == storage::commit_result::applied)
      counts_->audit.recorded += batch[i].job->tx.events.size();
    measured_->ended(decided, microseconds_between(batch[i].since, begun), took);
    conclude(std::move(batch[i].job), results[i]);
  }
}

journal_actor::behavior_type journal(journal_actor::stateful_pointer<journal_state> self, committer commit,
                                     meter_ptr measured, node_meters_ptr counts) {
  self->state.begin(std::move(commit), std::move(measured), std::move(counts));
  self->set_exit_handler([self](caf::exit_msg& why) {
    self->state.flush_all();
    self->quit(why.reason);
  });
  return {
      [self](commit_ptr& job) { self->state.queue(std::move(job)); },
      [self](flush_atom) { self->state.flush(); },
      [](ping_atom) { return caf::pong_atom_v; },
  };
}

}  // namespace authnz::actors
