#include "net/cluster/follower.hpp"

#include <algorithm>
#include <condition_variable>

#include "net/cluster/changes.hpp"
#include "net/cluster/rebuild.hpp"

namespace authnz::net::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_every{100};
constexpr milliseconds shortest_rest{20};
constexpr milliseconds longest_rest{1000};
constexpr milliseconds until_room_is_looked_for{250};
constexpr milliseconds longest_silence{30000};
constexpr std::chrono::seconds between_rebuilds{10};

}  // namespace

follower::follower(const options& o, storage::cluster_keys keys, std::string cluster, follower_parts parts)
    : options_(o),
      keys_(std::move(keys)),
      cluster_(std::move(cluster)),
      parts_(std::move(parts)),
      projection_(parts_.projected),
      etcd_(o.etcd),
      silence_(o.bound / 2) {}

follower::~follower() { stop(); }

void follower::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void follower::stop() {
  thread_.request_stop();
  etcd_.stop();
  {
    const std::lock_guard lock(mutex_);
    if (watching_) watching_->stop();
  }
  if (thread_.joinable()) thread_.join();
}

std::string follower::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void follower::say(const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_ == text) return;
    trouble_ = text;
  }
  if (!text.empty()) parts_.log("cluster.follower", text);
}

void follower::rest(const std::stop_token& stop, milliseconds longest) {
  const auto span = std::min(longest, shortest_rest * (1 << std::min(failures_++, 8)));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, span, [] { return false; });
}

void follower::run(const std::stop_token& stop) {
  const auto mark = projection_.mark();
  parts_.reached.set({mark.applied, mark.whole && mark.cluster == cluster_});
  while (!stop.stop_requested()) {
    if (!parts_.reached.whole()) {
      fetch_all(stop);
      continue;
    }
    const auto doubts = parts_.reached.doubts();
    const auto continued = is_continued();
    if (!continued) {
      rest(stop, longest_rest);
    } else if (*continued) {
      parts_.reached.trust(doubts);
      watch_on(stop);
    } else {
      parts_.log("cluster.other-history", "etcd was restored, or forgot what this node has seen last");
      parts_.reached.set({parts_.reached.now().applied, false});
      parts_.reached.begin_history();
    }
  }
}

std::optional<bool> follower::is_continued() {
  const auto mark = projection_.mark();
  const auto now = etcd_.range(keys_.head());
  if (!now) {
    say(now.error().text);
    return std::nullopt;
  }
  if (now->revision < mark.applied) return false;
  const auto then = etcd_.range(keys_.head(), {.revision = mark.applied});
  if (!then && then.error().what != etcd::failure::kind::compacted) {
    say(then.error().text);
    return std::nullopt;
  }
  return then && !then->records.empty() && then->records.front().value == mark.head;
}

void follower::fetch_all(const std::stop_token& stop) {
  const auto now = steady_clock::now();
  if (rebuilt_ && now - *rebuilt_ < between_rebuilds) rest(stop, longest_rest);
  rebuilt_ = now;
  const auto doubts = parts_.reached.doubts();
  parts_.log("cluster.rebuilding", "fetching the whole state from etcd");
  const auto fetched = rebuild_from_etcd(etcd_, keys_, projection_, cluster_, parts_.event_of_gap(), {});
  if (!fetched) {
    if (!stop.stop_requested()) say(fetched.error());
    return rest(stop, longest_rest);
  }
  ++rebuilds_;
  say({});
  parts_.log("cluster.rebuilt", "at revision " + std::to_string(*fetched));
  parts_.reached.set({*fetched, true});
  parts_.reached.trust(doubts);
}

void follower::watch_on(const std::stop_token& stop) {
  const auto from = parts_.reached.now().applied + 1;
  etcd::watch stream(options_.etcd, keys_.data(), storage::end_of_prefix(keys_.data()), from, skipped_);
  {
    const std::lock_guard lock(mutex_);
    watching_ = &stream;
  }
  const auto why = follow(stream, stop);
  {
    const std::lock_guard lock(mutex_);
    watching_ = nullptr;
  }
  if (stop.stop_requested()) return;
  ++reconnects_;
  say(why);
  // Whoever has found the member silent has waited for it.
  if (parts_.reached.whole() && !stream.is_left()) rest(stop, longest_rest);
}

// Until the stream breaks, is stuck, or cannot go on.
std::string follower::follow(etcd::watch& stream, const std::stop_token& stop) {
  bool has_told = false;
  // etcd reads all that was missed before it tells the first of it.
  const auto next_silence = [&] { return has_told ? options_.bound / 2 : std::min(silence_ * 2, longest_silence); };
  behind_since_ = {};
  while (!stop.stop_requested() && !parts_.reached.distrusted()) {
    auto events = stream.next(look_every);
    if (!events) {
      if (events.error().what == etcd::failure::kind::compacted)
        parts_.reached.set({parts_.reached.now().applied, false});
      skipped_ = 0;
      silence_ = next_silence();
      return events.error().text;
    }
    has_told = has_told || !events->empty();
    // A member that is slow to answer others may still tell what happens.
    const bool left = stream.is_left();
    const auto silence = left ? options_.bound / 10 : silence_;
    if (!events->empty()) {
      if (!apply(std::move(*events), stop)) break;
    } else if (is_stuck(silence)) {
      skipped_ = left || has_told ? 0 : skipped_ + 1;
      if (!left) silence_ = next_silence();
      return "etcd's watch tells nothing while there is news";
    }
    if (!is_stuck(silence)) say({});
  }
  return {};
}

/// False = a stop was asked for. A store that fails is tried again: without
/// these changes there is no going on.
bool follower::apply(std::vector<etcd::event>&& events, const std::stop_token& stop) {
  const auto read = changes_of(keys_, std::move(events));
  if (read.damaged > 0) parts_.log("cluster.damaged-events", std::to_string(read.damaged) + " cannot be read");
  for (;;) {
    const auto done = projection_.apply(read.changes);
    if (done) break;
    parts_.reached.hold_up();
    say(done.error());
    if (stop.stop_requested()) return false;
    rest(stop, until_room_is_looked_for);
  }
  failures_ = 0;
  behind_since_ = {};
  parts_.reached.set({read.changes.back().revision, true});
  return true;
}

/// Whether the cluster is known to have gone on, for longer than `silence`.
bool follower::is_stuck(milliseconds silence) {
  if (parts_.head() <= parts_.reached.now().applied) {
    behind_since_ = {};
    return false;
  }
  const auto now = steady_clock::now();
  if (behind_since_ == steady_clock::time_point{}) behind_since_ = now;
  return now - behind_since_ > silence;
}

}  // namespace authnz::net::cluster
