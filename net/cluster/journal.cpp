#include "net/cluster/journal.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>

#include "proto/token.hpp"

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

etcd::options for_journal(etcd::options o) {
  o.request_time = attempt_time;
  return o;
}

std::string new_session() {
  std::array<unsigned char, 16> random{};
  proto::random_bytes(random);
  return proto::uuid4(random);
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
  place_.session = new_session();
}

void journal::stop() noexcept {
  stop_.request_stop();
  etcd_.stop();
}

std::string journal::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void journal::say(std::string text) {
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

std::vector<commit_result> journal::commit_batch(std::span<const storage::mini_transaction* const> batch,
                                                 std::uint64_t& revision) {
  const auto all = [&](commit_result r) { return std::vector(batch.size(), r); };
  const auto begun = steady_clock::now();
  ++place_.number;
  bool sent = false;  // A copy may have been applied, or may still be.
  for (int attempts = 0; !stop_.stop_requested(); ++attempts) {
    if (fenced_) {
      if (!sent) return all(commit_result::unavailable);
      rest(attempts);
      continue;
    }
    const auto answer = etcd_.commit(compose(keys_, options_.node, place_, batch));
    if (answer) {
      const auto outcome = read_outcome(*answer, keys_, options_.node, place_, batch.size());
      if (!outcome) {
        say("etcd's answer cannot be understood");
        return all(commit_result::storage_error);
      }
      if (outcome->what == batch_outcome::kind::fenced) {
        fenced_ = true;
        say("another process commits as node " + options_.node + "; this one commits nothing any more");
        continue;
      }
      place_.expected = outcome->revision;
      if (outcome->what == batch_outcome::kind::displaced) continue;
      say({});
      ++batches_;
      revision = outcome->revision;
      std::vector<commit_result> results;
      for (const bool held : outcome->held) results.push_back(held ? commit_result::applied : commit_result::conflict);
      return results;
    }
    say(answer.error().text);
    const auto what = answer.error().what;
    if (what == failure::kind::unknown) {
      if (!sent) ++unknown_;
      sent = true;
    } else if (!sent && what == failure::kind::too_large && batch.size() > 1) {
      auto results = commit_batch(batch.first(batch.size() / 2), revision);
      const auto others = commit_batch(batch.subspan(batch.size() / 2), revision);
      results.insert(results.end(), others.begin(), others.end());
      return results;
    } else if (!sent && (is_definite(what) || steady_clock::now() - begun > patience)) {
      return all(of_refusal(what));
    }
    rest(attempts);
  }
  return all(commit_result::unavailable);
}

}  // namespace authnz::net::cluster
