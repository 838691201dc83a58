#include "tools/daemon/running.hpp"

#include "tools/daemon/make_settings.hpp"
#include "tools/daemon/notify.hpp"

namespace authnz::daemon {

namespace {

std::optional<actors::personal_text> person(std::string text) {
  if (text.empty()) return std::nullopt;
  return actors::personal_text{std::move(text)};
}

actors::audit_event event_of(const actors::audit_note& note, proto::code outcome, const proto::exchange& ex) {
  return {note.event, outcome, ex.reqid, person(note.actor), person(note.target), person(ex.client)};
}

proto::timestamp now() { return actors::clocks::system().wall(); }

void complain(reload_parts& parts, std::string_view what, const std::string& why) {
  parts.complaints.push_back(std::string(what) + ": " + why);
  parts.log.error("reload.kept-old", {actors::open("what", what), actors::open("why", why)});
}

// Null if they cannot be read; then those that hold already stay.
proto::keyring_ptr reload_keys(reload_parts& parts, const config& c) {
  auto keys = reread_keys(c);
  if (!keys) return complain(parts, "secret", keys.error()), nullptr;
  parts.listener.set_keys(*keys);
  return *keys;
}

/// Whether the permissions file was read.
bool reload_settings(reload_parts& parts, const config& c, const proto::keyring_ptr& keys) {
  auto remade = remake_settings(c, *parts.settings, keys);
  for (const auto& error : remade.errors) complain(parts, "file", error);
  parts.settings = remade.settings;
  caf::anon_send(parts.supervisor, remade.settings);
  parts.door.set_needs_client_address(remade.settings->rates.enabled);
  parts.listener.set_item_limits(remade.settings->limits);
  return remade.policy_read;
}

}  // namespace

actors::audit_sink audit_of_decisions(std::shared_ptr<actors::audit_log> audit) {
  return [audit = std::move(audit)](const actors::audit_note& note, proto::code outcome, const proto::exchange& ex,
                                    proto::timestamp at) { audit->write_line(event_of(note, outcome, ex), at); };
}

actors::audit_text trail_of_decisions(std::shared_ptr<actors::audit_log> audit) {
  return [audit = std::move(audit)](const actors::audit_note& note, proto::code outcome, const proto::exchange& ex,
                                    proto::timestamp at) { return audit->trail_text(event_of(note, outcome, ex), at); };
}

std::function<void(const proto::exchange&)> audit_of_refusals(std::shared_ptr<actors::audit_log> audit) {
  return [audit = std::move(audit)](const proto::exchange& ex) {
    audit->write({.name = "ratelimit.refused", .reqid = ex.reqid, .client = person(ex.client)}, now());
  };
}

actors::answer_hook log_of_answers(std::shared_ptr<const actors::logger> log) {
  return [log = std::move(log)](const proto::exchange& ex, proto::http_status status) {
    if (!log->writes(actors::log_level::debug)) return;
    log->debug("request.answered", ex.reqid,
               {actors::open("request", ex.request.row().name), actors::open("status", static_cast<int>(status))});
  };
}

actors::death_hook log_of_deaths(std::shared_ptr<const actors::logger> log) {
  return [log = std::move(log)](const std::string& name, const std::string& reason, std::uint32_t restarts) {
    log->error("actor.died",
               {actors::open("actor", name), actors::open("reason", reason), actors::open("restarts", restarts)});
  };
}

actors::mail_log log_of_mail(std::shared_ptr<const actors::logger> log) {
  return [log = std::move(log)](const actors::mail_event& e) {
    using enum actors::mail_event::kind;
    const auto write = [&](actors::log_level level, std::string_view event) {
      log->write(level, event, e.reqid, {actors::open("tries", e.tries), actors::open("detail", e.detail)});
    };
    switch (e.what) {
      case accepted: return write(actors::log_level::debug, "mail.accepted");
      case deferred: return write(actors::log_level::warning, "mail.deferred");
      case refused: return write(actors::log_level::error, "mail.refused");
      case given_up: return write(actors::log_level::error, "mail.given-up");
      case unreadable: return write(actors::log_level::error, "mail.unreadable");
      case damaged: return write(actors::log_level::error, "mail.outbox-damaged");
      case unrecorded: return write(actors::log_level::warning, "mail.unrecorded");
    }
  };
}

void report_listener_event(net::listener_event e, std::string_view detail, const actors::logger& log,
                           actors::audit_log& audit) {
  switch (e) {
    case net::listener_event::replay_refused: return audit.write({.name = "envelope.replayed"}, now());
    case net::listener_event::tls_handshake_failed:
      return log.debug("listener.tls-failed", {actors::open("why", detail)});
    case net::listener_event::accept_failed:
      return log.warning("listener.accept-failed", {actors::open("why", detail)});
    case net::listener_event::connections_refused: return log.warning("listener.full", {actors::open("why", detail)});
    case net::listener_event::keys_refused: return log.error("listener.keys-refused", {actors::open("why", detail)});
  }
}

std::vector<std::string> reload(reload_parts& parts) {
  parts.complaints.clear();
  notify_reloading();
  const auto again = parts.read_again();
  if (!again) complain(parts, "configuration", again.error().text);
  const config& c = again ? *again : parts.started_with;
  const auto keys = reload_keys(parts, c);
  const bool policy_read = reload_settings(parts, c, keys);
  if (parts.started_with.tls)
    if (const auto done = parts.listener.reload_tls(); !done) complain(parts, "tls_cert_file", done.error());
  if (parts.reload_certificates)
    if (const auto done = parts.reload_certificates(); !done) complain(parts, "admincerts", done.error());
  if (parts.reload_link_certificates)
    if (const auto done = parts.reload_link_certificates(); !done) complain(parts, "clustercerts", done.error());
  if (const auto done = parts.audit.reopen(); !done) complain(parts, "auditlog", done.error());
  if (policy_read) parts.audit.write({.name = "policy.reloaded"}, now());
  parts.log.info("server.reloaded", {});
  notify_ready();
  return std::exchange(parts.complaints, {});
}

}  // namespace authnz::daemon
