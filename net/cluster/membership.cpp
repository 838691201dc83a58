#include "net/cluster/membership.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "net/cluster/compaction.hpp"
#include "net/cluster/duty_marks.hpp"
#include "net/cluster/registration.hpp"

namespace authnz::net::cluster {

namespace {

using actors::duty;
using namespace std::chrono_literals;

constexpr auto shortest_pause = 100ms;
constexpr auto longest_pause = 2000ms;
constexpr auto drain_takes = 3s;
// A duty that is free waits that long for a node that has fewer.
constexpr auto wait_for_each_duty_held = 250ms;
// etcd's revisions are int64: no record is ever at this one.
constexpr auto no_revision = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// A member that hangs must not cost the lease.
etcd::options in_time(etcd::options o, std::chrono::seconds lease) {
  o.request_time = std::min<std::chrono::milliseconds>(o.request_time, std::chrono::milliseconds(lease) / 4);
  return o;
}

bool is_worth_another_try(const etcd::failure& f) {
  return f.what == etcd::failure::kind::not_sent || f.what == etcd::failure::kind::unknown;
}

std::string taken_text(const std::string& node, const registrant& by) {
  return "node " + node + " is registered already by a process started at " + by.started +
         (by.address.empty() ? "" : " (" + by.address + ")") + "; choose another clusternode, or stop that one";
}

}  // namespace

struct membership::state {
  state(const options& o, storage::cluster_keys k, membership_log l, membership_pace p)
      : how(o),
        keys(std::move(k)),
        log(std::move(l)),
        pace(p),
        etcd(in_time(o.etcd, o.lease)),
        node(etcd, keys, how),
        forgetting(p.history.value_or(o.history), p.compact) {}

  tl::expected<void, std::string> register_first();
  void begin();
  void end();
  void drain();
  const std::string& session() const noexcept { return node.self().session; }
  bool is_certain() const noexcept { return boot_clock::now().time_since_epoch().count() < certain_until; }

 private:
  using clock = std::chrono::steady_clock;
  enum class standing : std::uint8_t { none, registered, lost, refused };

  void run();
  /// All that is due; whether etcd did as it was asked.
  bool work();
  bool register_again();
  bool keep();
  bool look();
  bool take_one(const std::vector<duty>& free);
  bool give_duties_up(const duty_marks& marks);
  void compact();

  bool failed(const etcd::failure& f);
  void publish(const std::array<std::uint64_t, duty_count>& revisions);
  void registered();
  void lose(const std::string& why);
  void tell(standing now, const std::string& why);
  std::string duties_text() const;
  /// Returns early when the end, or a drain, has come.
  void wait_until(clock::time_point then);
  void wait_for(clock::duration span) { wait_until(clock::now() + span); }

  const options how;
  const storage::cluster_keys keys;
  const membership_log log;
  const membership_pace pace;
  etcd::client etcd;
  registration node;
  compaction forgetting;

  standing told = standing::none;
  std::string trouble;  ///< etcd's last failure
  clock::duration pause{0};
  clock::time_point next_keep;
  clock::time_point next_look;
  std::optional<clock::time_point> take_at;
  std::minstd_rand chance{std::random_device{}()};

 public:
  // Of the duties' marks; 0 = not this node's.
  std::array<std::atomic<std::uint64_t>, duty_count> held{};
  // As `held`, but what was lost stays.
  std::array<std::atomic<std::uint64_t>, duty_count> fences{};
  // Of boot_clock, in ns.
  std::atomic<boot_clock::rep> certain_until = 0;
  std::atomic<bool> is_registered = false;
  std::atomic<bool> draining = false;

 private:
  std::mutex mutex;
  std::condition_variable_any changed;
  bool drained = false;
  bool woken = false;
  std::stop_source ending;
  std::mutex thread_mutex;
  std::jthread thread;
};

tl::expected<void, std::string> membership::state::register_first() {
  const auto deadline = clock::now() + how.lease + 1s;
  for (;; wait_for(shortest_pause * 2)) {
    const auto made = node.make();
    if (made && !*made) return registered(), tl::expected<void, std::string>();
    const bool may_change = made || is_worth_another_try(made.error());
    if (!ending.stop_requested() && may_change && clock::now() < deadline) continue;
    // An outcome that is unknown may have registered it.
    node.give_back();
    return tl::unexpected(made ? taken_text(how.node, **made) : made.error().text);
  }
}

void membership::state::begin() {
  const std::lock_guard lock(thread_mutex);
  thread = std::jthread([this] { run(); });
}

void membership::state::end() {
  ending.request_stop();
  etcd.stop();
  const std::lock_guard lock(thread_mutex);
  if (thread.joinable()) thread.join();
}

void membership::state::drain() {
  draining = true;
  std::unique_lock lock(mutex);
  woken = true;
  changed.notify_all();
  if (is_registered) changed.wait_for(lock, ending.get_token(), drain_takes, [this] { return drained; });
}

void membership::state::wait_until(clock::time_point then) {
  std::unique_lock lock(mutex);
  changed.wait_until(lock, ending.get_token(), then, [this] { return std::exchange(woken, false); });
}

void membership::state::run() {
  while (!ending.stop_requested()) {
    if (work()) {
      pause = 0ms;
      wait_until(std::min(next_keep, next_look));
    } else {
      pause = std::clamp<clock::duration>(pause * 2, shortest_pause, longest_pause);
      wait_for(pause);
    }
  }
  publish({});
  is_registered = false;
  node.give_back();
}

bool membership::state::work() {
  if (is_registered && !is_certain()) lose("etcd did not keep the lease in time: " + trouble);
  if (!node.made()) return register_again();
  if (clock::now() >= next_keep && !keep()) return false;
  if (draining && !drained) next_look = clock::now();
  if (node.made() && clock::now() >= next_look && !look()) return false;
  if (forgetting.is_due(boot_clock::now())) compact();
  return true;
}

bool membership::state::failed(const etcd::failure& f) {
  trouble = f.text;
  return false;
}

bool membership::state::register_again() {
  const auto made = node.make();
  if (!made) return failed(made.error());
  if (!*made) return registered(), true;
  // What is left of this process's own, earlier lease ends by itself.
  if ((*made)->session != node.self().session) tell(standing::refused, taken_text(how.node, **made));
  return false;
}

bool membership::state::keep() {
  const auto kept = node.keep();
  if (!kept) return failed(kept.error());
  if (!*kept) return lose("its lease has ended"), next_keep = next_look = clock::now(), true;
  return registered(), true;
}

// Made, or kept, whatever the clock said meanwhile.
void membership::state::registered() {
  certain_until = node.certain_until().time_since_epoch().count();
  next_keep = clock::now() + std::chrono::milliseconds(how.lease) / 3;
  if (is_registered.exchange(true)) return;
  next_look = clock::now();
  tell(standing::registered, "registered as " + how.node);
}

void membership::state::lose(const std::string& why) {
  const auto had = duties_text();
  publish({});
  is_registered = false;
  tell(standing::lost, "node " + how.node + " is not registered: " + why + (had.empty() ? "" : "; lost: " + had));
}

bool membership::state::look() {
  const auto marks = read_marks(etcd, keys, node);
  if (!marks) return failed(marks.error());
  next_look = clock::now() + pace.look;
  if (!marks->registered) {
    lose("its registration was removed");
    node.give_back();
    next_look = clock::now();
    return true;
  }
  if (draining) return give_duties_up(*marks);
  const auto had = duties_text();
  publish(marks->revision);
  if (const auto has = duties_text(); has != had && log) log(true, "duties: " + (has.empty() ? "none" : has));
  if (!marks->free.empty()) return take_one(marks->free);
  take_at.reset();
  return true;
}

// One at a time, so that nodes that start together share them.
bool membership::state::take_one(const std::vector<duty>& free) {
  const auto now = clock::now();
  if (!take_at) {
    const auto has = std::ranges::count_if(held, [](const auto& revision) { return revision != 0; });
    const auto longest = std::chrono::milliseconds(wait_for_each_duty_held).count();
    take_at = now + has * wait_for_each_duty_held +
              std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, longest)(chance));
  }
  next_look = *take_at;
  if (now < *take_at) return true;
  take_at.reset();
  const auto one = free.at(std::uniform_int_distribution<std::size_t>(0, free.size() - 1)(chance));
  const auto taken = take(etcd, keys, node, one);
  if (!taken) return failed(taken.error());
  // What was won, or who won it, is seen there.
  next_look = now;
  return true;
}

bool membership::state::give_duties_up(const duty_marks& marks) {
  publish({});
  for (std::size_t i = 0; i < duty_count; ++i) {
    if (marks.revision.at(i) == 0) continue;
    const auto given = give_up(etcd, keys, static_cast<duty>(i), marks.revision.at(i));
    if (!given) return failed(given.error());
  }
  const std::lock_guard lock(mutex);
  drained = true;
  changed.notify_all();
  return true;
}

// One that fails is made up for by the next.
void membership::state::compact() {
  const bool on_duty = is_certain() && !draining && held.at(static_cast<std::size_t>(duty::compaction)) != 0;
  // A new head brings every node's projection to this revision, in a cluster
  // without changes too: so none that is up to date is ever compacted away.
  if (on_duty) etcd.put(keys.head(), "beat:" + random_session());
  const auto done = forgetting.run(etcd, keys, on_duty, boot_clock::now());
  if (!done) trouble = done.error().text;
}

void membership::state::publish(const std::array<std::uint64_t, duty_count>& revisions) {
  for (std::size_t i = 0; i < duty_count; ++i) {
    // Whoever finds the duty finds its fence too.
    if (revisions.at(i) != 0) fences.at(i) = revisions.at(i);
    held.at(i) = revisions.at(i);
  }
}

void membership::state::tell(standing now, const std::string& why) {
  if (std::exchange(told, now) != now && log) log(now == standing::registered, why);
}

std::string membership::state::duties_text() const {
  std::string text;
  for (std::size_t i = 0; i < duty_count; ++i)
    if (held.at(i) != 0) text += (text.empty() ? "" : ", ") + std::string(actors::duty_names.at(i));
  return text;
}

membership::membership(const options& o, storage::cluster_keys keys, membership_log log, membership_pace pace)
    : state_(std::make_unique<state>(o, std::move(keys), std::move(log), pace)) {}

membership::~membership() { stop(); }

tl::expected<void, std::string> membership::start() {
  auto done = state_->register_first();
  if (done) state_->begin();
  return done;
}

void membership::stop() { state_->end(); }

void membership::drain() { state_->drain(); }

bool membership::has(duty d) const noexcept {
  const auto& s = *state_;
  return s.held[static_cast<std::size_t>(d)] != 0 && !s.draining && s.is_certain();
}

std::optional<storage::expectation> membership::fence(duty d) const {
  const auto revision = state_->fences.at(static_cast<std::size_t>(d)).load();
  return storage::expectation{storage::slice::marks, key_of(d), revision == 0 ? no_revision : revision};
}

const std::string& membership::session() const noexcept { return state_->session(); }

bool membership::registered() const noexcept { return state_->is_registered && state_->is_certain(); }

}  // namespace authnz::net::cluster
