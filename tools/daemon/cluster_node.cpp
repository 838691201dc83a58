#include "tools/daemon/cluster_node.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/projection.hpp"
#include "tools/daemon/cluster_report.hpp"
#include "tools/daemon/notify.hpp"
#include "tools/daemon/signals.hpp"

namespace authnz::daemon {

namespace {

using net::cluster::cluster_log;
using net::cluster::membership_log;

template <class T>
using outcome = tl::expected<T, std::string>;

// Longer than a commit takes while etcd changes its leader.
constexpr std::chrono::seconds last_commits_take{5};
constexpr std::chrono::seconds start_is_told_every{20};
constexpr std::chrono::milliseconds name_is_tried_every{200};
// etcd looks for leases that are over twice a second, and new leaders begin them anew.
constexpr std::chrono::seconds lease_ends_late{3};
constexpr std::chrono::seconds fresh_takes{2};
constexpr std::chrono::milliseconds fresh_is_looked_for_every{10};

actors::log_level level_of(std::string_view event) {
  constexpr auto good = std::to_array<std::string_view>({"cluster.joined", "cluster.fresh", "cluster.commits",
                                                         "cluster.rebuilt", "cluster.registered", "cluster.duties"});
  return std::ranges::find(good, event) != good.end() ? actors::log_level::info : actors::log_level::warning;
}

/// Lines when something is other than it was, and no line twice in a row.
class change_log {
 public:
  explicit change_log(std::shared_ptr<const actors::logger> log) : log_(std::move(log)) {}

  void tell(const std::string& event, const std::string& text) {
    {
      const std::lock_guard lock(mutex_);
      if (event == event_ && text == text_) return;
      event_ = event;
      text_ = text;
    }
    log_->write(level_of(event), event, {}, {actors::open("detail", text)});
  }

 private:
  const std::shared_ptr<const actors::logger> log_;
  std::mutex mutex_;
  std::string event_;
  std::string text_;
};

cluster_log log_of_store(std::shared_ptr<const actors::logger> log) {
  return [lines = std::make_shared<change_log>(std::move(log))](const std::string& event, const std::string& text) {
    lines->tell(event, text);
  };
}

membership_log log_of_membership(std::shared_ptr<const actors::logger> log) {
  return [lines = std::make_shared<change_log>(std::move(log))](bool registered, const std::string& why) {
    const bool of_duties = why.starts_with("duties: ");
    lines->tell(!registered ? "cluster.unregistered" : of_duties ? "cluster.duties" : "cluster.registered", why);
  };
}

/// The audit trail's text for a gap: what happened meanwhile is not in it.
std::function<std::string()> gap_of(std::shared_ptr<const actors::audit_log> audit) {
  return [audit = std::move(audit)] {
    return audit->trail_text({.name = "cluster.gap"}, actors::clocks::system().wall());
  };
}

/// Whether nobody asked for a stop meanwhile.
bool rest(std::chrono::milliseconds span, const std::stop_token& stopped) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stopped, span, [] { return false; });
  return !stopped.stop_requested();
}

/// Calls `act` if it still exists after a while.
class deadline {
 public:
  deadline(std::chrono::milliseconds span, std::function<void()> act)
      : thread_([this, span, act = std::move(act)] {
          std::unique_lock lock(mutex_);
          if (!changed_.wait_for(lock, span, [&] { return met_; })) act();
        }) {}
  ~deadline() {
    {
      const std::lock_guard lock(mutex_);
      met_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool met_ = false;
  std::thread thread_;
};

}  // namespace

outcome<void> check_single(storage::environment& store) {
  const auto mark = storage::read_projection_mark(*store.read());
  if (mark.cluster.empty()) return {};
  return tl::unexpected("this store belongs to cluster " + mark.cluster +
                        ": start with --cluster, or take it out with authnzctl cluster leave --keep-store");
}

cluster_node::cluster_node(storage::environment& local, net::cluster::options o, cluster_link_items links,
                           std::shared_ptr<const actors::logger> log, std::shared_ptr<const actors::audit_log> audit)
    : options_(std::move(o)),
      wanted_links_(std::move(links)),
      logger_(std::move(log)),
      log_(log_of_store(logger_)),
      store_(local, options_, log_, gap_of(std::move(audit))),
      membership_(options_, storage::cluster_keys(options_.prefix), log_of_membership(logger_)),
      desk_(options_.etcd) {}

cluster_node::~cluster_node() { stop(); }

outcome<bool> cluster_node::join(requests_to_main& wishes) {
  std::stop_source stopped;
  const auto end = [&] {
    stopped.request_stop();
    membership_.stop();
    store_.stop();
  };
  auto watch = signal_watch::start({end, [&] { wishes.reload(); }});
  if (!watch) return tl::unexpected(std::move(watch.error()));
  const std::jthread longer([](const std::stop_token& joined) {
    do notify_starting();
    while (rest(start_is_told_every, joined));
  });
  auto joined = await_name(stopped.get_token()).and_then([&] { return store_.start(); }).and_then([&] {
    return membership_.start();
  });
  if (joined) await_fresh(stopped.get_token());
  // No signal is acted on from here; what comes waits for the next watch.
  watch->reset();
  if (stopped.stop_requested()) return false;
  if (!joined) return tl::unexpected("cluster: " + joined.error());
  if (wanted_links_.port != 0)
    links_ = std::make_unique<cluster_links>(
        wanted_links_, options_, net::cluster::peer_identity{id(), options_.node, membership_.session()}, logger_);
  return true;
}

// The store takes the node's key in etcd, and whoever had it commits nothing any
// more: a second process of that name must not come so far. What a process left
// that was killed ends with its lease.
outcome<void> cluster_node::await_name(const std::stop_token& stopped) {
  using clock = std::chrono::steady_clock;
  net::etcd::client etcd(options_.etcd);
  const std::stop_callback end(stopped, [&] { etcd.stop(); });
  std::optional<clock::time_point> patience;
  do {
    const auto members = net::cluster::read_members(etcd, storage::cluster_keys(options_.prefix));
    if (!members) {
      const auto& failed = members.error();
      // The store says what is to be done.
      if (failed.what == net::etcd::failure::kind::refused) return {};
      log_("cluster.waiting", failed.text);
      continue;
    }
    const auto taken = std::ranges::find(*members, options_.node, &net::cluster::member::node);
    if (taken == members->end()) return {};
    if (!patience) patience = clock::now() + options_.lease + lease_ends_late;
    if (clock::now() > *patience)
      return tl::unexpected("node " + options_.node + " is registered already by a process started at " +
                            taken->started + (taken->address.empty() ? "" : " (" + taken->address + ")") +
                            "; choose another clusternode, or stop that one");
  } while (rest(name_is_tried_every, stopped));
  return {};
}

// systemd, and who restarts one node after the other, shall be told "ready" by a
// node that serves. If etcd fails meanwhile it starts all the same, and refuses.
void cluster_node::await_fresh(const std::stop_token& stopped) const {
  using clock = std::chrono::steady_clock;
  const auto patience = clock::now() + fresh_takes;
  while (!store_.look().fresh && clock::now() < patience && rest(fresh_is_looked_for_every, stopped)) continue;
}

outcome<void> cluster_node::start_links(caf::actor_system& system, net::cluster::peer_service service) {
  if (!links_) return {};
  return links_->start(system, std::move(service));
}

outcome<void> cluster_node::reload_certificates() { return links_ ? links_->reload_certificates() : outcome<void>(); }

void cluster_node::stop_links() {
  if (links_) links_->stop();
}

std::vector<std::string> cluster_node::duties_held() const {
  std::vector<std::string> held;
  for (std::size_t i = 0; i < actors::duty_names.size(); ++i)
    if (membership_.has(static_cast<actors::duty>(i))) held.emplace_back(actors::duty_names[i]);
  return held;
}

actors::cluster_row cluster_node::look() const {
  const auto state = store_.look();
  actors::cluster_row row;
  row.applied = state.applied;
  row.head = state.head;
  if (state.age_ms >= 0) row.age = std::chrono::milliseconds(state.age_ms);
  row.fresh = state.fresh;
  row.registered = membership_.registered();
  row.batches = state.batches;
  row.unknown_outcomes = state.unknown_outcomes;
  row.rebuilds = state.rebuilds;
  row.reconnects = state.reconnects;
  for (std::size_t i = 0; i < actors::duty_names.size(); ++i)
    row.duties.emplace_back(actors::duty_names[i], membership_.has(static_cast<actors::duty>(i)));
  return row;
}

void cluster_node::ask(const actors::answer_to& done, std::function<void(net::etcd::client&)> question) {
  if (desk_.ask(std::move(question))) return;
  done(tl::unexpected(
      actors::inspection_error{"unavailable", "too many questions about the cluster wait already; try again"}));
}

void cluster_node::tell_status(const actors::answer_to& done, net::etcd::client& etcd) const {
  cluster_facts facts;
  facts.etcd = etcd.status();
  facts.state = store_.look();
  facts.reads = options_.reads;
  facts.bound = options_.bound;
  facts.prefix = options_.prefix;
  facts.registered = membership_.registered();
  facts.drained = drained_;
  facts.duties = duties_held();
  if (links_) facts.links = links_->roster().current();
  done(report_of(facts));
}

void cluster_node::tell_members(const actors::answer_to& done, net::etcd::client& etcd) const {
  const auto found = net::cluster::read_members(etcd, storage::cluster_keys(options_.prefix));
  if (!found) return done(tl::unexpected(actors::inspection_error{"unavailable", found.error().text}));
  const auto view = links_ ? links_->roster().current() : nullptr;
  done(list_of(*found, options_.node, view.get()));
}

actors::cluster_outside cluster_node::outside() {
  using actors::answer_to;
  return {
      [this](const answer_to& done) { ask(done, [this, done](net::etcd::client& etcd) { tell_status(done, etcd); }); },
      [this](const answer_to& done) { ask(done, [this, done](net::etcd::client& etcd) { tell_members(done, etcd); }); },
      [this](const answer_to& done) {
        ask(done, [this, done](net::etcd::client&) {
          give_duties_up();
          done(nlohmann::ordered_json{{"node", options_.node}, {"drained", true}});
        });
      },
      peers()};
}

// Asks etcd, and the server must not wait for that.
void cluster_node::drain() {
  desk_.ask([this](net::etcd::client&) { give_duties_up(); });
}

void cluster_node::give_duties_up() {
  if (!drained_.exchange(true)) membership_.drain();
}

void cluster_node::end(const std::function<void()>& end_users) {
  desk_.stop();
  membership_.stop();
  {
    const deadline limit(last_commits_take, [this] { store_.stop(); });
    end_users();
  }
  stop();
}

void cluster_node::stop() {
  desk_.stop();
  membership_.stop();
  store_.stop();
}

}  // namespace authnz::daemon
