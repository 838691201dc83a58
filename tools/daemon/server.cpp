#include "tools/daemon/server.hpp"

#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "actors/audit.hpp"
#include "actors/log.hpp"
#include "actors/seed.hpp"
#include "actors/spawn.hpp"
#include "net/breach_source.hpp"
#include "net/link_broker.hpp"
#include "net/listener.hpp"
#include "net/smtp_transport.hpp"
#include "proto/replay_memory.hpp"
#include "storage/environment.hpp"
#include "tools/daemon/administration.hpp"
#include "tools/daemon/cluster_node.hpp"
#include "tools/daemon/credentials_file.hpp"
#include "tools/daemon/make_cluster.hpp"
#include "tools/daemon/make_settings.hpp"
#include "tools/daemon/notify.hpp"
#include "tools/daemon/running.hpp"
#include "tools/daemon/signals.hpp"

namespace authnz::daemon {

namespace {

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds drain_time{9};
// Coarse clocks, such as time(2)'s, are this late at most.
constexpr std::chrono::milliseconds coarse_clocks{20};

template <class T>
using outcome = tl::expected<T, std::string>;

int fail_start(const std::string& what) {
  std::cerr << "authnzerver: " << what << '\n';
  return exit_start_error;
}

std::shared_ptr<actors::logger> make_log(const config& c) {
  auto digest = std::make_shared<const proto::pii_digest>(c.pii_salt ? proto::pii_digest::keyed(c.pii_salt->reveal())
                                                                     : proto::pii_digest::clear());
  return std::make_shared<actors::logger>(
      c.log_format == log_form::json ? actors::log_format::json : actors::log_format::text,
      c.debug ? actors::log_level::debug : actors::log_level::info, std::move(digest));
}

proto::timestamp now() { return actors::clocks::system().wall(); }

// Also proves that the store can be written.
outcome<void> record_start(storage::store& store) {
  storage::mini_transaction tx;
  tx.writes.push_back({storage::slice::meta, "last-start", proto::format_time(now())});
  const storage::mini_transaction* const batch[] = {&tx};
  if (store.commit(batch).front() == storage::commit_result::applied) return {};
  return tl::unexpected("the store cannot be written: " + store.last_failure());
}

outcome<void> seed_if_empty(storage::store& store, const config& c, const actors::settings& settings,
                            const actors::logger& log) {
  if (actors::is_seeded(store)) return {};
  auto password = admin_password(c);
  if (!password) return tl::unexpected(std::move(password.error()));
  const auto keep = [&](const actors::seeded& s) -> outcome<void> {
    auto file = write_credentials(c.basedir, s.email, s.generated, floor<seconds>(system_clock::now()));
    if (!file) return tl::unexpected(std::move(file.error()));
    log.info("store.seeded", {actors::open("credentials", file->string())});
    return {};
  };
  auto done = actors::seed(store, {c.admin.email, std::move(*password)}, settings, now(), keep);
  if (!done) return tl::unexpected(std::move(done.error()));
  return {};
}

net::listener_options listener_options_of(const config& c, std::shared_ptr<const actors::logger> log,
                                          std::shared_ptr<actors::audit_log> audit) {
  net::listener_options o;
  o.address = c.listen;
  o.port = c.port;
  o.io_threads = c.io_threads;
  o.allowed_hosts = c.allowed_hosts;
  o.max_body = c.max_body;
  o.max_connections = c.max_connections;
  o.envelope_max_age = seconds(c.envelope_max_age);
  o.limits = c.limits;
  if (c.tls) {
    o.tls_certificate_file = c.tls->certificate;
    o.tls_key_file = c.tls->key;
  }
  o.on_event = [log = std::move(log), audit = std::move(audit)](net::listener_event e, std::string_view detail) {
    report_listener_event(e, detail, *log, *audit);
  };
  return o;
}

// As many connections as the system lets us have.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Waits for SIGTERM or SIGINT, and reloads on SIGHUP meanwhile.
outcome<void> serve_until_stopped(requests_to_main& wishes, const std::function<std::vector<std::string>()>& reload) {
  const auto watch = signal_watch::start({[&] { wishes.stop(); }, [&] { wishes.reload(); }});
  if (!watch) return tl::unexpected(watch.error());
  notify_ready();
  wishes.serve(reload);
  return {};
}

/// What there is before any actor: read, opened, and known to be writable.
struct foundations {
  actors::settings_ptr settings;
  std::unique_ptr<actors::breached_passwords> breached;
  std::unique_ptr<storage::environment> store;
  /// From here on no other process can have accepted a request.
  std::chrono::sys_seconds first_second;
};

/// A cluster's users are there already, or come from it.
outcome<void> make_ready(storage::environment& store, const config& c, const actors::settings& settings,
                         const actors::logger& log) {
  if (c.cluster) return {};
  return check_single(store).and_then([&] { return seed_if_empty(store, c, settings, log); });
}

outcome<foundations> lay_foundations(const config& c, const actors::logger& log) {
  auto settings = make_settings(c);
  if (!settings) return tl::unexpected(std::move(settings.error()));
  auto breached = net::make_breach_source(c.breach_source);
  if (!breached) return tl::unexpected("pwnedpasswords: " + breached.error());
  auto store = storage::environment::open(c.store);
  if (!store) return tl::unexpected(std::move(store.error()));
  // Whoever had the store before us has let go of it by now.
  const auto first_second = floor<seconds>(system_clock::now()) + seconds(1);
  if (auto ready = make_ready(**store, c, **settings, log); !ready) return tl::unexpected(std::move(ready.error()));
  if (auto written = record_start(**store); !written) return tl::unexpected(std::move(written.error()));
  return foundations{std::move(*settings), std::move(*breached), std::move(*store), first_second};
}

actors::hasher_options hashing_of(const config& c) {
  actors::hasher_options hashing;
  hashing.workers = c.hashers;
  hashing.longest_wait = seconds(c.hash_queue_seconds);
  return hashing;
}

actors::node_parts parts_of_node(const config& c, foundations& base, storage::store& state, actors::route_table& routes,
                                 const std::shared_ptr<actors::audit_log>& audit,
                                 const std::shared_ptr<actors::logger>& log,
                                 std::shared_ptr<actors::mail_transport> mail) {
  actors::node_parts parts{state,
                           routes,
                           base.settings,
                           std::shared_ptr(std::move(base.breached)),
                           c.shards,
                           hashing_of(c),
                           audit_of_decisions(audit),
                           log_of_answers(log),
                           audit_of_refusals(audit),
                           log_of_deaths(log),
                           std::move(mail),
                           log_of_mail(log)};
  parts.record = trail_of_decisions(audit);
  return parts;
}

/// The last record of this run, when nobody else writes any more.
void record_stop(storage::store& store, actors::audit_log& audit) {
  const actors::audit_event event{.name = "server.stopped"};
  storage::mini_transaction tx;
  tx.events.push_back(audit.trail_text(event, now()));
  const storage::mini_transaction* const batch[] = {&tx};
  store.commit(batch);
  audit.write(event, now());
}

/// Listens until the server is stopped, and finishes what is in hand.
outcome<void> serve(reload_parts& parts, requests_to_main& wishes, cluster_node* cluster) {
  if (auto started = parts.listener.start(); !started) return started;
  parts.door.set_not_ready({});
  parts.audit.write({.name = "server.started"}, now());
  parts.log.info("server.listening",
                 {actors::open("address", parts.started_with.listen), actors::open("port", parts.listener.port())});
  // A node whose state is not recent is alive: a new process would know no more.
  const watchdog alive([] { return true; });
  auto result = serve_until_stopped(wishes, [&] { return reload(parts); });
  notify_stopping();
  parts.door.set_not_ready("stopping");
  if (cluster != nullptr) cluster->drain();
  parts.listener.stop_accepting();
  caf::anon_send(parts.supervisor, actors::drain_atom::value);
  if (!parts.listener.drain(std::chrono::steady_clock::now() + drain_time))
    parts.log.warning("server.drain-incomplete", {});
  return result;
}

/// What other nodes may ask of this one.
net::cluster::peer_service service_for_peers(const actors::node& node, const administration& admin) {
  return {node.take_for_peer, node.hash_for_peer, node.hand_from_peer,
          [inspector = admin.inspector()] { return inspector; }};
}

void end_actors(const actors::node& node, caf::actor_system& system, actors::route_table& routes) {
  caf::anon_send_exit(node.supervisor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(node.gateway, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  // A detached actor's thread ends when nobody holds its handle any more.
  routes.update([](actors::routes& r) { r = {}; });
}

}  // namespace

int run_server(const config& c, const config_source& read_again) {
  raise_file_limit();
  const auto log = make_log(c);
  for (const auto& warning : c.warnings) log->warning("config", {actors::open("text", warning)});
  auto opened_audit = actors::audit_log::open(log, c.audit_log);
  if (!opened_audit) return fail_start(opened_audit.error());
  const std::shared_ptr<actors::audit_log> audit = std::move(*opened_audit);
  if (c.audit_pii) audit->set_trail_digest(std::make_shared<const proto::pii_digest>(proto::pii_digest::clear()));
  auto base = lay_foundations(c, *log);
  if (!base) return fail_start(base.error());
  requests_to_main wishes;
  std::unique_ptr<cluster_node> cluster;
  if (auto options = make_cluster_options(c)) {
    cluster = std::make_unique<cluster_node>(*base->store, std::move(*options), c.cluster->links, log, audit);
    const auto joined = cluster->join(wishes);
    if (!joined) return fail_start(joined.error());
    if (!*joined) return exit_ok;
  }
  storage::store& state = cluster ? cluster->store() : *base->store;

  const auto meters = std::make_shared<actors::node_meters>();
  actors::route_table routes;
  actors::node_system_config system_config(c.scheduler_threads);
  if (c.admin_link.port != 0 || (c.cluster && c.cluster->links.port != 0)) net::load_links(system_config);
  caf::actor_system system(system_config);
  const auto mail = std::make_shared<net::smtp_transport>();
  auto actors_parts = parts_of_node(c, *base, state, routes, audit, log, mail);
  actors_parts.meters = meters;
  if (cluster) {
    actors_parts.duties = &cluster->duties();
    actors_parts.peers = cluster->peers();
    actors_parts.cluster = cluster->id();
    actors_parts.shares_hashing = c.cluster->shares_hashing;
  }
  const auto node = actors::spawn_node(system, std::move(actors_parts));
  audit->set_trail([aside = node.aside](std::string&& text) { aside->record(std::move(text)); });
  const auto traces = std::make_shared<actors::tracer>();
  actors::gateway_ingress door({.most_in_flight = c.max_in_flight,
                                .observer = &meters->requests,
                                .traces = traces,
                                .freshness = cluster ? &cluster->freshness() : nullptr},
                               routes, node.gateway);
  door.set_needs_client_address(base->settings->rates.enabled);
  proto::replay_memory replays(c.envelope_max_age, base->first_second.time_since_epoch().count());
  net::listener listener(listener_options_of(c, log, audit), door, c.keys, replays);

  if (c.envelope_max_age > 0) std::this_thread::sleep_until(base->first_second + coarse_clocks);
  reload_parts parts{c, read_again, *log, *audit, node.supervisor, door, listener, base->settings};
  administration admin({c, system, *base->store, state, cluster.get(), routes, door, node, meters, traces, audit, log,
                        base->settings, listener, wishes});
  parts.reload_certificates = [&admin] { return admin.reload_certificates(); };
  if (cluster) parts.reload_link_certificates = [&cluster] { return cluster->reload_certificates(); };
  auto result = admin.start();
  if (result && cluster) result = cluster->start_links(system, service_for_peers(node, admin));
  if (result) result = serve(parts, wishes, cluster.get());
  admin.stop();
  listener.stop();
  mail->stop();
  audit->set_trail({});
  const auto end = [&] {
    end_actors(node, system, routes);
    // Rate limits are handed over with the actors' last words.
    if (cluster) cluster->stop_links();
    if (result) record_stop(state, *audit);
  };
  cluster ? cluster->end(end) : end();
  return result ? exit_ok : fail_start(result.error());
}

autosetup_actions make_autosetup_actions(const config& c) {
  autosetup_actions actions;
  actions.validate_admin_password = [&c](std::string_view password, std::string_view email) {
    std::vector<std::string> texts;
    const auto settings = make_settings(c);
    if (!settings) return std::vector{settings.error()};
    const actors::administrator admin{std::string(email), proto::secret(std::string(password))};
    for (const auto code : actors::judge_administrator(admin, **settings)) texts.emplace_back(proto::row(code).text);
    return texts;
  };
  actions.seed_store = [&c](const std::filesystem::path& path, const std::string& email,
                            const std::optional<proto::secret>& password,
                            const keep_credentials& keep) -> outcome<bool> {
    const auto settings = make_settings(c);
    if (!settings) return tl::unexpected(settings.error());
    auto store = storage::environment::open(path);
    if (!store) return tl::unexpected(std::move(store.error()));
    if (actors::is_seeded(**store)) return false;
    const auto done = actors::seed(**store, {email, password}, **settings, now(),
                                   [&](const actors::seeded& s) { return keep(s.email, s.generated); });
    if (!done) return tl::unexpected(done.error());
    return true;
  };
  return actions;
}

}  // namespace authnz::daemon
