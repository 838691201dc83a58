#include "net/io_worker.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "net/health_text.hpp"
#include "net/http_answer.hpp"
#include "proto/payload.hpp"
#include "proto/replay_memory.hpp"

namespace authnz::net {

using proto::http_status;

namespace {

// A quarter of the shortest time, so that short ones are kept too.
std::chrono::milliseconds sweep_interval(const listener_options& o) {
  const auto shortest = std::min({o.header_timeout, o.body_timeout, o.idle_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(1000));
}

std::int64_t unix_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

std::string health(const actors::health_report& report) {
  auto workers = nlohmann::json::object();
  for (const auto& [part, state] : report.parts) workers[part] = state;
  return proto::to_text({{"Health-Ok", report.ok},
                         {"Expected-Workers", report.parts.size()},
                         {"Workers", std::move(workers)},
                         {"Check-Time", report.seconds}});
}

}  // namespace

io_worker::io_worker(const worker_surroundings& around, const proto::keyring_ptr& keys,
                     std::shared_ptr<boost::asio::ssl::context> tls)
    : around_(around),
      tls_(std::move(tls)),
      limits_(around.options.limits),
      envelope_(keys),
      sweep_every_(sweep_interval(around.options)),
      timer_(mailbox_->context()) {
  mailbox_->open([this](std::vector<mailbox::item>& burst) { read_mail(burst); });
}

io_worker::~io_worker() { stop(); }

void io_worker::start() {
  sweep();
  thread_ = std::thread([this] { context().run(); });
}

void io_worker::stop() {
  context().stop();
  if (thread_.joinable()) thread_.join();
  mailbox_->close();
  timer_.cancel();
  for (const auto& c : std::vector(connections_)) c->close();
  // Lets the operations that were cut off end, and release their connections.
  context().restart();
  context().poll();
}

void io_worker::adopt(tcp_socket&& socket) {
  auto c = tls_ ? make_tls_connection(*this, std::move(socket), tls_) : make_plain_connection(*this, std::move(socket));
  c->place = connections_.size();
  connections_.push_back(c);
  c->open();
}

// Those that wait for none to be open wait for the parting next.
void io_worker::release(connection& c) {
  c.parts = true;
  around_.stats.parting.fetch_add(1);
  around_.stats.open.fetch_sub(1);
}

void io_worker::forget(connection& c) {
  (c.parts ? around_.stats.parting : around_.stats.open).fetch_sub(1);
  // The caller's own reference keeps it alive until it returns.
  const auto place = c.place;
  connections_.back()->place = place;
  std::swap(connections_[place], connections_.back());
  connections_.pop_back();
}

void io_worker::drain() { draining_ = true; }

void io_worker::end_idle() {
  for (const auto& c : std::vector(connections_)) c->end_when_idle();
}

void io_worker::sweep() {
  now_ = connection::clock::now();
  for (const auto& c : std::vector(connections_)) c->check_time(now_);
  timer_.expires_after(sweep_every_);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) sweep();
  });
}

std::string_view io_worker::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != dated_) {
    dated_ = now;
    date_ = http_date(now);
  }
  return date_;
}

void io_worker::handshake_failed(std::string_view reason) {
  count(around_.stats.tls_failures);
  report(listener_event::tls_handshake_failed, reason);
}

void io_worker::report(listener_event event, std::string_view detail) const {
  if (options().on_event) options().on_event(event, detail);
}

void io_worker::read_mail(std::vector<mailbox::item>& burst) {
  for (auto& [ticket, answer] : burst) {
    const auto claim = tickets_.redeem(ticket);
    if (!claim) continue;
    around_.stats.in_flight.fetch_sub(1, std::memory_order_relaxed);
    count_answer(answer.status);
    if (!claim->owner) continue;
    claim->owner->settle(claim->position, std::move(answer));
    touched_.push_back(claim->owner->shared_from_this());
  }
  for (const auto& c : touched_) c->pump();
  touched_.clear();
}

proto::exchange_ptr io_worker::open_exchange(connection& from, std::uint64_t position, answer_slot& slot) {
  slot.ticket = tickets_.issue(from, position);
  around_.stats.in_flight.fetch_add(1, std::memory_order_relaxed);
  auto ex = std::make_shared<proto::exchange>(mailbox_, slot.ticket);
  ex->arrived = proto::exchange::clock::now();
  return ex;
}

void io_worker::act(connection& from, std::uint64_t position, answer_slot& slot, std::string_view body) {
  switch (slot.asked) {
    case route::requests: return act_on_envelope(from, position, slot, body);
    case route::health: return check_health(from, position, slot);
    case route::health_ready: {
      const auto reason = draining_ ? std::optional<std::string>("stopping") : around_.door.not_ready();
      slot.answer = {reason ? http_status::unavailable : http_status::ok, readiness_text(reason)};
      break;
    }
    default: slot.answer = {http_status::ok, std::string(liveness_text)};
  }
  slot.what = answer_slot::kind::json;
  slot.ready = true;
}

void io_worker::check_health(connection& from, std::uint64_t position, answer_slot& slot) {
  slot.what = answer_slot::kind::json;
  // An exchange, so that it is answered even if nobody calls back.
  around_.door.check_health([ex = open_exchange(from, position, slot)](const actors::health_report& report) {
    ex->answer({report.ok ? http_status::ok : http_status::unavailable, health(report)});
  });
}

void io_worker::act_on_envelope(connection& from, std::uint64_t position, answer_slot& slot, std::string_view body) {
  const auto now = unix_time();
  const auto read_at = around_.door.follows() ? proto::trace::clock::now() : proto::trace::clock::time_point();
  slot.what = answer_slot::kind::sealed;
  const auto token = envelope_.open(body);
  if (!token) count(around_.stats.unreadable);
  if (!token || !is_first_use(*token, now)) {
    slot.answer.status = http_status::unauthorized;
    slot.ready = true;
    return;
  }
  slot.key = token->key;
  auto ex = open_exchange(from, position, slot);
  const auto status = proto::read_payload(token->payload, around_.door.needs_client_address(), limits_, *ex);
  if (status != http_status::ok) {
    count(status == http_status::bad_request ? around_.stats.bad_payloads : around_.stats.unreadable);
    return ex->answer({status, {}});
  }
  count(around_.stats.submitted);
  if (read_at != proto::trace::clock::time_point()) follow(*ex, slot, read_at);
  submit_with_others(std::move(ex));
}

void io_worker::follow(proto::exchange& ex, answer_slot& slot, proto::trace::clock::time_point read_at) {
  const auto followed = around_.door.follow(ex);
  if (!followed) return;
  followed->mark(proto::trace_step::read, read_at);
  followed->mark(proto::trace_step::opened, ex.arrived);
  followed->mark(proto::trace_step::validated);
  slot.followed = followed;
  ex.followed = followed;
}

// Goes to the actors behind what else has been read already: they wake up once
// for many requests, which costs more than any of these.
void io_worker::submit_with_others(proto::exchange_ptr&& ex) {
  opened_.push_back(std::move(ex));
  if (opened_.size() > 1) return;
  boost::asio::post(context(), [this] {
    for (auto& waiting : opened_) around_.door.submit(std::move(waiting));
    opened_.clear();
  });
}

bool io_worker::is_first_use(const proto::opened& token, std::int64_t now) {
  const auto max_age = options().envelope_max_age.count();
  if (max_age == 0) return true;
  if (!proto::is_fresh(token.stamp, now, max_age)) {
    count(around_.stats.stale);
    return false;
  }
  if (around_.replays.admit(token.mac, token.stamp, now)) return true;
  count(around_.stats.replayed);
  report(listener_event::replay_refused, "a token came again");
  return false;
}

std::optional<std::string_view> io_worker::seal(std::string_view answer, const proto::key_ptr& key) {
  if (!envelope_.seal(answer, key, unix_time(), sealed_)) return std::nullopt;
  return sealed_;
}

void io_worker::set_keys(const proto::keyring_ptr& keys) {
  try {
    envelope_.use(keys);
  } catch (const std::runtime_error& e) {
    report(listener_event::keys_refused, e.what());
  }
}

void io_worker::count_refusal(http_status status) {
  auto& s = around_.stats;
  switch (status) {
    case http_status::not_found: return count(s.not_found);
    case http_status::method_not_allowed: return count(s.wrong_method);
    case http_status::payload_too_large: return count(s.too_large);
    default: return count(s.malformed);
  }
}

void io_worker::count_answer(http_status status) {
  auto& s = around_.stats;
  switch (status) {
    case http_status::ok: return count(s.answered_ok);
    case http_status::too_many_requests: return count(s.answered_limited);
    case http_status::internal_error: return count(s.answered_error);
    case http_status::unavailable: return count(s.answered_unavailable);
    default: return;
  }
}

}  // namespace authnz::net
