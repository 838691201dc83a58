#include "net/cluster/freshness.hpp"

#include <algorithm>
#include <vector>

namespace authnz::net::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_pause{250};
constexpr milliseconds after_failure{50};
constexpr std::uint32_t retry_after = 1;  // seconds

// Two members can be asked within the bound.
etcd::options for_reads(etcd::options o, milliseconds bound) {
  o.request_time = std::max(bound / 3, milliseconds(100));
  o.connect_time = std::min(o.connect_time, o.request_time);
  return o;
}

void refuse(proto::exchange_ptr&& ex) {
  ex->answer({proto::http_status::unavailable, {}, retry_after});
  ex = nullptr;
}

}  // namespace

freshness::freshness(const options& o, storage::cluster_keys keys, progress& p, told tell)
    : options_(o),
      every_(std::min(longest_pause, o.bound / 4)),
      keys_(std::move(keys)),
      progress_(p),
      tell_(std::move(tell)),
      etcd_(for_reads(o.etcd, o.bound)) {}

freshness::~freshness() { stop(); }

void freshness::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void freshness::stop() {
  std::deque<waiting> left;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(waiting_);
  }
  for (auto& w : left) refuse(std::move(w.ex));
  thread_.request_stop();
  etcd_.stop();
  if (thread_.joinable()) thread_.join();
}

bool freshness::is_fresh(clock::time_point now) const noexcept {
  const auto as_of = as_of_.load(std::memory_order_acquire);
  return as_of != 0 && progress_.whole() && !progress_.held_up() && !progress_.distrusted() &&
         now.time_since_epoch().count() - as_of <= clock::duration(options_.bound).count();
}

std::optional<milliseconds> freshness::age() const noexcept {
  const auto as_of = as_of_.load(std::memory_order_acquire);
  if (as_of == 0) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(clock::now().time_since_epoch() - clock::duration(as_of));
}

bool freshness::lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept {
  const auto now = clock::now();
  if (!is_fresh(now)) {
    refuse(std::move(ex));
    return false;
  }
  if (options_.reads == consistency::bounded) return true;
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      waiting_.push_back({std::move(ex), now, &then});
      wanted_.notify_all();
      return false;
    }
  }
  refuse(std::move(ex));
  return false;
}

std::string freshness::not_fresh() const {
  if (is_fresh(clock::now())) return {};
  if (!progress_.whole()) return "the state is being fetched from the cluster";
  if (progress_.held_up()) return "the store does not take what was changed in the cluster: see the log";
  const auto old = age();
  const auto why = trouble();
  return (old ? "the state is " + std::to_string(old->count()) + " ms old"
              : std::string("the state's age is unknown")) +
         (why.empty() ? "" : ": " + why);
}

std::string freshness::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void freshness::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look(stop);
    refuse_those_too_late();
    say_if_changed();
    rest(stop, !trouble().empty());
  }
}

void freshness::look(const std::stop_token& stop) {
  const auto began = clock::now();
  const auto found = etcd_.range(keys_.head());
  std::string trouble;
  if (!found)
    trouble = found.error().text;
  else if (found->records.empty())
    trouble = "there is no cluster under " + keys_.prefix() + " in etcd";
  if (trouble.empty()) {
    const auto revision = found->records.front().mod_revision;
    // Only a restored etcd goes back.
    if (revision < head_.exchange(revision, std::memory_order_relaxed)) progress_.distrust();
    if (progress_.distrusted()) {
      trouble = "etcd has gone back to an earlier state";
    } else if (progress_.wait_for(revision, options_.bound, stop)) {
      as_of_.store(began.time_since_epoch().count(), std::memory_order_release);
      let_go(began);
    } else {
      trouble = "the projection is behind: it has revision " + std::to_string(progress_.now().applied) + " of " +
                std::to_string(revision);
    }
  }
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

void freshness::let_go(clock::time_point as_of) {
  std::vector<waiting> ready;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().since <= as_of) {
      ready.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (auto& w : ready) (*w.then)(std::move(w.ex));
}

void freshness::refuse_those_too_late() {
  std::vector<waiting> late;
  {
    const std::lock_guard lock(mutex_);
    const auto since = clock::now() - options_.bound;
    while (!waiting_.empty() && waiting_.front().since < since) {
      late.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (auto& w : late) refuse(std::move(w.ex));
}

void freshness::say_if_changed() {
  const bool fresh = is_fresh(clock::now());
  if (fresh == was_fresh_) return;
  was_fresh_ = fresh;
  tell_(fresh, fresh ? std::string() : not_fresh());
}

void freshness::rest(const std::stop_token& stop, bool failed) {
  std::unique_lock lock(mutex_);
  const auto somebody_waits = [this] { return !waiting_.empty(); };
  if (failed)
    wanted_.wait_for(lock, stop, after_failure, [] { return false; });
  else
    wanted_.wait_for(lock, stop, every_, somebody_waits);
}

}  // namespace authnz::net::cluster
