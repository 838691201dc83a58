#include "net/cluster/journal.hpp"

#include <algorithm>
#include <condition_variable>

#include "net/cluster/registration.hpp"

namespace authnz::net::cluster {
namespace {

using etcd::failure;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using storage::commit_result;

// Longer than an election, shorter than a client's patience.
constexpr milliseconds attempt_time{1500};
constexpr milliseconds patience{1000};
constexpr milliseconds shortest_rest{20};
constexpr milliseconds longest_rest{500};
// Of a request that was sent, until it has taken effect or never will.
constexpr milliseconds longest_way{10000};

etcd::options for_journal(etcd::options o) {
  o.request_time = attempt_time;
  return o;
}

commit_result of_refusal(failure::kind k) {
  switch (k) {
    case failure::kind::full: return commit_result::storage_full;
    case failure::kind::too_large: return commit_result::storage_error;
    default: return commit_result::unavailable;
  }
}

bool is_definite(failure::kind k) { return k != failure::kind::not_sent && k != failure::kind::unknown; }

}  // namespace

journal::journal(const options& o, storage::cluster_keys keys, trouble_told tell)
    : options_(o), keys_(std::move(keys)), tell_(std::move(tell)), etcd_(for_journal(o.etcd)) {
  place_.session = random_session();
}

void journal::stop() noexcept {
  stop_.request_stop();
  etcd_.stop();
}

std::string journal::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void journal::say(const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_ == text) return;
    trouble_ = text;
  }
  tell_(text);
}

// Ends early when a stop is asked for.
void journal::rest(int attempts) const {
  const auto span = std::min(longest_rest, shortest_rest * (1 << std::min(attempts, 6)));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop_.get_token(), span, [] { return false; });
}

bool journal::take_key() {
  const auto value = batch_value(place_);
  for (int attempts = 0; !stop_.stop_requested(); ++attempts) {
    const auto put = etcd_.put(keys_.batch(options_.node), value);
    if (put) {
      place_.expected = *put;
      say({});
      return true;
    }
    say(put.error().text);
    if (is_definite(put.error().what)) return false;
    rest(attempts);
  }
  return false;
}

journal::committed journal::commit(std::span<const storage::mini_transaction* const> all) {
  committed out;
  out.results.reserve(all.size());
  while (out.results.size() < all.size()) {
    const auto rest = all.subspan(out.results.size());
    const auto n = storage::fits(*rest.front(), limits_) ? storage::shareable(rest, limits_) : 0;
    if (n == 0) {
      out.results.push_back(commit_result::storage_error);
      continue;
    }
    const auto results = commit_batch(rest.first(n), out.revision);
    out.results.insert(out.results.end(), results.begin(), results.end());
  }
  return out;
}

/// What is known of the copies of a batch.
class journal::sending {
 public:
  bool sent() const { return sent_; }
  void note_unknown() {
    sent_ = true;
    last_ = steady_clock::now();
  }
  bool is_late(milliseconds patience) const { return steady_clock::now() - begun_ > patience; }
  /// Whether no copy can still be on its way.
  bool has_arrived() const { return sent_ && steady_clock::now() - last_ > longest_way; }

 private:
  steady_clock::time_point begun_ = steady_clock::now();
  steady_clock::time_point last_ = begun_;
  bool sent_ = false;
};

journal::results journal::commit_batch(batch_span batch, std::uint64_t& revision) {
  const auto all = [&](commit_result r) { return results(batch.size(), r); };
  sending copies;
  ++place_.number;
  for (int attempts = 0; !stop_.stop_requested(); ++attempts) {
    const auto answer = etcd_.commit(compose(keys_, options_.node, place_, batch));
    if (answer) {
      const auto outcome = read_outcome(*answer, keys_, options_.node, place_, batch.size());
      if (!outcome) return say("etcd's answer cannot be understood"), all(commit_result::unknown);
      if (outcome->what == batch_outcome::kind::decided) return conclude(*outcome, revision);
      if (outcome->what == batch_outcome::kind::displaced) {
        place_.expected = outcome->revision;
      } else {
        say("another process has committed as node " + options_.node + ": give each node a name of its own");
        const bool is_back = take_back();
        if (copies.sent() || (!is_back && copies.is_late(patience))) return all(undecided(copies));
        if (!is_back) rest(attempts);
      }
      continue;
    }
    say(answer.error().text);
    const auto what = answer.error().what;
    if (what == failure::kind::unknown) {
      if (!copies.sent()) ++unknown_;
      copies.note_unknown();
    } else if (!copies.sent()) {
      if (what == failure::kind::too_large && batch.size() > 1) return commit_halves(batch, revision);
      if (is_definite(what) || copies.is_late(patience)) return all(of_refusal(what));
    } else if (is_definite(what)) {
      if (const auto found = find_out(batch.size())) return conclude(*found, revision);
      if (copies.has_arrived()) return all(of_refusal(what));
    }
    rest(attempts);
  }
  return all(undecided(copies));
}

// A copy may have taken effect, or still do so.
commit_result journal::undecided(const sending& copies) {
  return copies.sent() ? commit_result::unknown : commit_result::unavailable;
}

journal::results journal::commit_halves(batch_span batch, std::uint64_t& revision) {
  auto both = commit_batch(batch.first(batch.size() / 2), revision);
  const auto others = commit_batch(batch.subspan(batch.size() / 2), revision);
  both.insert(both.end(), others.begin(), others.end());
  return both;
}

journal::results journal::conclude(const batch_outcome& decided, std::uint64_t& revision) {
  place_.expected = revision = decided.revision;
  say({});
  ++batches_;
  results out;
  out.reserve(decided.held.size());
  for (const bool held : decided.held) out.push_back(held ? commit_result::applied : commit_result::conflict);
  return out;
}

std::optional<batch_outcome> journal::find_out(std::size_t parts) {
  auto answer = etcd_.commit(inquire(keys_, options_.node));
  if (!answer) return std::nullopt;
  answer->succeeded = false;
  auto outcome = read_outcome(*answer, keys_, options_.node, place_, parts);
  if (!outcome || outcome->what != batch_outcome::kind::decided) return std::nullopt;
  return outcome;
}

// Under a new session, so that nothing that was sent before can be taken for
// one of its batches.
bool journal::take_back() {
  const auto registered = etcd_.range(keys_.member(options_.node));
  if (options_.session.empty() || !registered || registered->records.empty()) return false;
  const auto& mine = registered->records.front();
  if (mine.value.find(options_.session) == std::string::npos) return false;
  batch_place next{.session = random_session(), .number = 0, .expected = 0};
  const auto taken = etcd_.commit(
      {{{mine.key, mine.mod_revision}}, {etcd::operation::put(keys_.batch(options_.node), batch_value(next))}, {}});
  if (!taken || !taken->succeeded) return false;
  next.expected = taken->revision;
  next.number = 1;
  place_ = std::move(next);
  return true;
}

}  // namespace authnz::net::cluster
