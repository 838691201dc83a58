#include "tools/daemon/administration.hpp"

#include "actors/inspector.hpp"
#include "actors/take_snapshot.hpp"
#include "net/admin_link.hpp"
#include "tools/daemon/config_text.hpp"
#include "tools/daemon/make_cluster.hpp"
#include "tools/daemon/metrics_port.hpp"
#include "tools/version.hpp"

namespace authnz::daemon {

namespace {

using nlohmann::ordered_json;

constexpr std::chrono::milliseconds reload_patience{10'000};

ordered_json shown_configuration(const config& c) {
  ordered_json items = ordered_json::array();
  for (const auto& row : item_table) {
    const auto& shown = c.shown[static_cast<std::size_t>(row.id)];
    items.push_back({{"name", row.name},
                     {"value", shown_value(row, shown)},
                     {"source", shown.given_as.empty() ? std::string("default") : shown.given_as}});
  }
  return items;
}

actors::listener_row listener_counts(const net::listener& l) {
  const auto& s = l.stats();
  const auto of = [](const net::listener_stats::counter& c) { return c.load(std::memory_order_relaxed); };
  return {{{"accepted", of(s.accepted)},
           {"refused_connections", of(s.refused_connections)},
           {"submitted", of(s.submitted)},
           {"unreadable", of(s.unreadable)},
           {"stale", of(s.stale)},
           {"replayed", of(s.replayed)},
           {"bad_payloads", of(s.bad_payloads)},
           {"malformed", of(s.malformed)},
           {"not_found", of(s.not_found)},
           {"wrong_method", of(s.wrong_method)},
           {"too_large", of(s.too_large)},
           {"timed_out", of(s.timed_out)},
           {"tls_failures", of(s.tls_failures)},
           {"answered_ok", of(s.answered_ok)},
           {"answered_limited", of(s.answered_limited)},
           {"answered_error", of(s.answered_error)},
           {"answered_unavailable", of(s.answered_unavailable)}},
          {{"open", of(s.open)}, {"in_flight", of(s.in_flight)}}};
}

actors::audit_writer writer_to(const std::shared_ptr<actors::audit_log>& audit) {
  const auto now = [] { return actors::clocks::system().wall(); };
  return {[audit, now](const actors::audit_event& e) { audit->write(e, now()); },
          [audit, now](const actors::audit_event& e) { audit->write_line(e, now()); },
          [audit, now](const actors::audit_event& e) { return audit->trail_text(e, now()); }};
}

actors::snapshot look(const administration_parts& p) {
  actors::snapshot_sources from{p.node,
                                p.meters,
                                p.door,
                                p.store,
                                [&l = p.listener] { return listener_counts(l); },
                                name_of_node(p.started_with),
                                std::string(tools::version)};
  if (p.cluster != nullptr) from.cluster = [&c = *p.cluster] { return c.look(); };
  return actors::take_snapshot(from);
}

std::shared_ptr<const actors::inspection_parts> inspection_of(const administration_parts& p) {
  actors::node_outside outside;
  outside.listeners = [&l = p.listener] { return listener_counts(l); };
  outside.configuration = [&c = p.started_with] { return shown_configuration(c); };
  outside.reload = [&wishes = p.wishes]() -> std::vector<std::string> {
    return wishes.reload_and_wait(reload_patience).value_or(std::vector<std::string>{"the reload did not end in time"});
  };
  outside.get_log_level = [log = p.log] { return log->lowest(); };
  outside.set_log_level = [log = p.log](actors::log_level level) { log->set_lowest(level); };
  if (p.cluster != nullptr) outside.cluster = p.cluster->outside();
  return std::make_shared<const actors::inspection_parts>(actors::inspection_parts{
      p.state, p.routes, p.door, p.node, p.meters, p.traces, writer_to(p.audit), p.settings, [&p] { return look(p); },
      std::move(outside), [audit = p.audit](const std::string& person) { return audit->trail_digest().of(person); },
      name_of_node(p.started_with), std::string(tools::version)});
}

std::chrono::sys_seconds this_second() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void report_link_event(net::link_event e, std::string_view detail, const actors::logger& log) {
  using enum net::link_event;
  switch (e) {
    case opened: return log.info("admin.link-opened", {actors::personal("who", detail)});
    case closed: return log.info("admin.link-closed", {actors::personal("who", detail)});
    case refused: return log.debug("admin.link-refused", {actors::open("why", detail)});
    case accept_failed: return log.warning("admin.accept-failed", {actors::open("why", detail)});
    case full: return log.warning("admin.links-full", {actors::personal("who", detail)});
  }
}

tl::expected<std::unique_ptr<net::admin_link>, std::string> open_link(const administration_parts& p,
                                                                      const actors::inspector_actor& inspector) {
  const auto& wanted = p.started_with.admin_link;
  const auto identity = net::read_identity(wanted.certificates, net::certificate_role::node, this_second());
  if (!identity) return tl::unexpected("adminport is set, but " + identity.error());
  net::admin_link_options o;
  o.address = wanted.listen;
  o.port = wanted.port;
  o.on_event = [log = p.log](net::link_event e, std::string_view detail) { report_link_event(e, detail, *log); };
  return net::admin_link::open(
      p.system, [inspector] { return actors::inspection_door(inspector); }, *identity, std::move(o));
}

}  // namespace

struct administration::state {
  explicit state(administration_parts p) : parts(std::move(p)) {}
  administration_parts parts;
  actors::inspector_actor inspector;
  std::unique_ptr<net::metrics_listener> metrics;  ///< null without metricsport
  std::unique_ptr<net::admin_link> link;           ///< null without adminport
};

administration::administration(administration_parts parts) : state_(std::make_unique<state>(std::move(parts))) {}
administration::~administration() { stop(); }

tl::expected<void, std::string> administration::start() {
  auto& s = *state_;
  auto metrics = open_metrics_port(s.parts, [&p = s.parts] { return look(p); });
  if (!metrics) return tl::unexpected(std::move(metrics.error()));
  s.metrics = std::move(*metrics);
  s.inspector = s.parts.system.spawn<caf::detached>(actors::inspector, inspection_of(s.parts));
  if (s.parts.started_with.admin_link.port == 0) return {};
  auto link = open_link(s.parts, s.inspector);
  if (!link) return tl::unexpected(std::move(link.error()));
  s.link = std::move(*link);
  s.parts.log->info("admin.listening", {actors::open("address", s.parts.started_with.admin_link.listen),
                                        actors::open("port", s.link->port())});
  return {};
}

tl::expected<void, std::string> administration::reload_certificates() {
  auto& s = *state_;
  if (!s.link) return {};
  const auto identity =
      net::read_identity(s.parts.started_with.admin_link.certificates, net::certificate_role::node, this_second());
  if (!identity) return tl::unexpected(identity.error());
  return s.link->set_identity(*identity);
}

actors::inspection_door administration::inspector() const { return state_->inspector; }

void administration::stop() {
  auto& s = *state_;
  s.metrics.reset();
  s.link.reset();
  if (!s.inspector) return;
  caf::anon_send_exit(s.inspector, caf::exit_reason::user_shutdown);
  s.inspector = nullptr;
}

}  // namespace authnz::daemon
