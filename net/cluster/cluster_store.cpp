#include "net/cluster/cluster_store.hpp"

#include <algorithm>
#include <condition_variable>

#include "net/cluster/follower.hpp"
#include "net/cluster/freshness.hpp"
#include "net/cluster/identity.hpp"
#include "net/cluster/journal.hpp"
#include "net/cluster/progress.hpp"
#include "storage/draft.hpp"
#include "storage/slices.hpp"

namespace authnz::net::cluster {
namespace {

using std::chrono::milliseconds;
using storage::commit_result;
using storage::mini_transaction;

constexpr milliseconds until_asked_again{500};
constexpr milliseconds look_every{200};
constexpr milliseconds longest_wait{5000};

std::vector<const mini_transaction*> select(std::span<const mini_transaction* const> batch,
                                            const std::vector<std::size_t>& places) {
  std::vector<const mini_transaction*> chosen;
  chosen.reserve(places.size());
  for (const auto i : places) chosen.push_back(batch[i]);
  return chosen;
}

bool holds_records(const storage::view& v) {
  return std::ranges::any_of(storage::slice_table, [&](const storage::slice_row& r) {
    return !r.derived && r.of == storage::scope::cluster && v.last_key(r.id).has_value();
  });
}

}  // namespace

struct cluster_store::state {
  state(storage::environment& e, const options& o, cluster_log l, std::function<std::string()> gap)
      : projected(e),
        how(o),
        keys(o.prefix),
        log(std::move(l)),
        event_of_gap(std::move(gap)),
        etcd(o.etcd),
        commits(o, keys,
                [this](const std::string& why) {
                  log(why.empty() ? "cluster.commits" : "cluster.commits-fail", why.empty() ? "again" : why);
                }),
        fresh(o, keys, reached, [this](bool is, const std::string& why) {
          log(is ? "cluster.fresh" : "cluster.stale", is ? "requests are served" : why);
        }) {}

  tl::expected<identity, std::string> await_identity();
  tl::expected<void, std::string> may_follow(const identity& who);
  tl::expected<void, std::string> await_state();
  void commit_to_cluster(std::span<const mini_transaction* const> batch, const std::vector<std::size_t>& places,
                         std::vector<commit_result>& results);
  void await(std::uint64_t revision);
  void commit_locally(std::span<const mini_transaction* const> batch, const std::vector<std::size_t>& places,
                      std::vector<commit_result>& results);

  storage::environment& projected;
  const options how;
  const storage::cluster_keys keys;
  const cluster_log log;
  const std::function<std::string()> event_of_gap;
  etcd::client etcd;
  progress reached;
  journal commits;
  freshness fresh;
  std::unique_ptr<follower> follows;
  std::string cluster;
  std::stop_source stopping;
  std::mutex one_commit_at_a_time;
  std::mutex life;  ///< of the threads: whoever starts or ends one holds it
};

// Waits for etcd, as nodes may be started in any order.
tl::expected<identity, std::string> cluster_store::state::await_identity() {
  std::string said;
  while (!stopping.stop_requested()) {
    const auto there = etcd.range(keys.identity());
    if (there) {
      auto who = read_identity(etcd, keys);
      if (!who) return tl::unexpected(who.error());
      if (!*who)
        return tl::unexpected("there is no cluster under " + keys.prefix() +
                              " in etcd: make one with authnzctl cluster init, or correct clusterprefix");
      return std::move(**who);
    }
    if (there.error().what == etcd::failure::kind::refused) return tl::unexpected(there.error().text);
    if (there.error().text != said) log("cluster.waiting", said = there.error().text);
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stopping.get_token(), until_asked_again, [] { return false; });
  }
  return tl::unexpected(std::string("stopped"));
}

tl::expected<void, std::string> cluster_store::state::may_follow(const identity& who) {
  if (who.format > cluster_format)
    return tl::unexpected("the cluster has format " + std::to_string(who.format) + "; this program knows " +
                          std::to_string(cluster_format) + ": use a newer one");
  if (!who.ready)
    return tl::unexpected(
        std::string("the upload of the cluster's state was not finished: repeat authnzctl cluster init"));
  storage::projection mine(projected);
  const auto mark = mine.mark();
  if (mark.cluster == who.id) return {};
  if (!mark.cluster.empty())
    return tl::unexpected("the store belongs to cluster " + mark.cluster + ", etcd has cluster " + who.id + " under " +
                          keys.prefix() + ": use another directory, or correct clusterprefix");
  const auto view = projected.read();
  if (holds_records(*view) || view->fault())
    return tl::unexpected(
        std::string("the store is a single node's: upload it with authnzctl cluster init, or use an empty directory"));
  return mine.begin_rebuild(who.id);
}

// Until the projection has all that was committed before now.
tl::expected<void, std::string> cluster_store::state::await_state() {
  while (!stopping.stop_requested()) {
    const auto head = etcd.range(keys.head());
    if (!head || head->records.empty()) {
      if (head) return tl::unexpected("the cluster under " + keys.prefix() + " in etcd has no state");
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any().wait_for(lock, stopping.get_token(), until_asked_again, [] { return false; });
      continue;
    }
    while (!stopping.stop_requested())
      if (reached.wait_for(head->records.front().mod_revision, look_every, stopping.get_token())) return {};
  }
  return tl::unexpected(std::string("stopped"));
}

void cluster_store::state::commit_to_cluster(std::span<const mini_transaction* const> batch,
                                             const std::vector<std::size_t>& places,
                                             std::vector<commit_result>& results) {
  if (places.empty()) return;
  if (reached.held_up()) {
    for (const auto i : places) results[i] = commit_result::unavailable;
    return;
  }
  const auto mine = select(batch, places);
  const auto done = commits.commit(mine);
  for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = done.results[i];
  if (done.revision != 0) await(done.revision);
}

// Whoever is answered, or decides again, sees what it has led to. Not for ever:
// what holds the projection up must not hold up answers that are true. What has
// no room is not fresh either, and nobody decides on it.
void cluster_store::state::await(std::uint64_t revision) {
  const auto history = reached.history();
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  while (!stopping.stop_requested() && !reached.held_up() && reached.history() == history &&
         std::chrono::steady_clock::now() < end)
    if (reached.wait_for(revision, look_every, stopping.get_token())) return;
}

void cluster_store::state::commit_locally(std::span<const mini_transaction* const> batch,
                                          const std::vector<std::size_t>& places, std::vector<commit_result>& results) {
  if (places.empty()) return;
  const auto mine = select(batch, places);
  const auto done = projected.commit(mine);
  for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = done[i];
}

cluster_store::cluster_store(storage::environment& projected, const options& o, cluster_log log,
                             std::function<std::string()> event_of_gap)
    : state_(std::make_unique<state>(projected, o, std::move(log), std::move(event_of_gap))) {}

cluster_store::~cluster_store() { stop(); }

tl::expected<void, std::string> cluster_store::start() {
  auto& s = *state_;
  const auto who = s.await_identity();
  if (!who) return tl::unexpected(who.error());
  if (auto may = s.may_follow(*who); !may) return may;
  if (auto enough = probe_limits(s.etcd, s.keys); !enough) return enough;
  s.cluster = who->id;
  {
    const std::lock_guard lock(s.life);
    if (s.stopping.stop_requested()) return tl::unexpected(std::string("stopped"));
    s.follows = std::make_unique<follower>(
        s.how, s.keys, who->id,
        follower_parts{s.projected, s.reached, [&f = s.fresh] { return f.head(); }, s.log, s.event_of_gap});
    s.follows->start();
  }
  if (auto there = s.await_state(); !there) return there;
  if (!s.commits.take_key()) return tl::unexpected(s.commits.trouble());
  {
    const std::lock_guard lock(s.life);
    if (s.stopping.stop_requested()) return tl::unexpected(std::string("stopped"));
    s.fresh.start();
  }
  s.log("cluster.joined", "as node " + s.how.node + ", at revision " + std::to_string(s.reached.now().applied));
  return {};
}

void cluster_store::stop() {
  auto& s = *state_;
  s.stopping.request_stop();
  s.etcd.stop();
  s.commits.stop();
  const std::lock_guard lock(s.life);
  s.fresh.stop();
  if (s.follows) s.follows->stop();
}

// While it is fetched anew the state is neither of then nor of now.
std::unique_ptr<storage::view> cluster_store::read() {
  auto view = state_->projected.read();
  if (!state_->reached.whole() || !storage::read_projection_mark(*view).whole) view->report_fault();
  return view;
}

std::vector<commit_result> cluster_store::commit(std::span<const mini_transaction* const> batch) {
  auto& s = *state_;
  const std::lock_guard lock(s.one_commit_at_a_time);
  std::vector results(batch.size(), commit_result::storage_error);
  std::vector<std::size_t> shared;
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!storage::is_well_formed(*batch[i])) continue;
    switch (storage::scope_of(*batch[i])) {
      case storage::transaction_scope::cluster: shared.push_back(i); break;
      case storage::transaction_scope::node: own.push_back(i); break;
      case storage::transaction_scope::mixed: break;
    }
  }
  s.commit_locally(batch, own, results);
  s.commit_to_cluster(batch, shared, results);
  return results;
}

std::string cluster_store::last_failure() const {
  const auto etcds = state_->commits.trouble();
  return etcds.empty() ? state_->projected.last_failure() : etcds;
}

bool cluster_store::lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept {
  return state_->fresh.lets_in(ex, then);
}

std::string cluster_store::not_fresh() const { return state_->fresh.not_fresh(); }

cluster_state cluster_store::look() const {
  auto& s = *state_;
  const auto place = s.reached.now();
  const auto age = s.fresh.age();
  cluster_state out;
  out.cluster = s.cluster;
  out.node = s.how.node;
  out.applied = place.applied;
  out.head = std::max(s.fresh.head(), place.applied);
  out.age_ms = age ? age->count() : -1;
  out.whole = place.whole;
  out.fresh = s.fresh.not_fresh().empty();
  out.batches = s.commits.batches();
  out.unknown_outcomes = s.commits.unknown_outcomes();
  const std::lock_guard lock(s.life);
  if (s.follows) {
    out.rebuilds = s.follows->rebuilds();
    out.reconnects = s.follows->reconnects();
  }
  for (const auto& why : {s.commits.trouble(), s.follows ? s.follows->trouble() : std::string(), s.fresh.trouble()})
    if (out.trouble.empty()) out.trouble = why;
  return out;
}

}  // namespace authnz::net::cluster
