#include "actors/gateway.hpp"

#include "proto/answer.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

/// One look at all parts; reports when the last of them has answered, or when
/// the look is given up and destroyed.
struct health_check {
  explicit health_check(std::function<void(const health_report&)> d) : done(std::move(d)) {}
  ~health_check() {
    report.seconds = std::chrono::duration<double>(proto::exchange::clock::now() - began).count();
    report.ok = !report.parts.empty();
    for (const auto& [part, state] : report.parts) report.ok = report.ok && state == "ok";
    done(report);
  }
  health_check(const health_check&) = delete;
  health_check& operator=(const health_check&) = delete;

  std::function<void(const health_report&)> done;
  health_report report;
  proto::exchange::clock::time_point began = proto::exchange::clock::now();
};

namespace {

// Longer than the breached-password service may keep its actor busy.
constexpr std::chrono::milliseconds patience{2500};

template <class Handle>
void ask(gateway_actor::stateful_pointer<gateway_state> self, const health_ptr& check, std::string part,
         const Handle& actor, const routes& all) {
  const std::size_t at = check->report.parts.size();
  const auto card = all.cards ? all.cards->find(part) : nullptr;
  check->report.parts.emplace_back(std::move(part), actor ? "no answer" : "restarting");
  if (!actor) return;
  self->request(actor, patience, ping_atom::value)
      .then(
          [check, at, card](pong_atom) {
            const auto state = card ? card->state() : actor_state::running;
            check->report.parts[at].second = state == actor_state::running ? "ok" : std::string(name(state));
          },
          [check](caf::error&) {});
}

std::string store_state(storage::store& store) {
  const auto view = store.read();
  const bool found = storage::find_user(*view, 1).has_value();
  return found && !view->fault() ? "ok" : "cannot be read";
}

void look(gateway_actor::stateful_pointer<gateway_state> self, const health_ptr& check, const routes& all,
          storage::store& store) {
  check->report.parts.emplace_back("store", store_state(store));
  ask(self, check, "ratelimit", all.ratelimit, all);
  ask(self, check, "journal", all.journal, all);
  ask(self, check, "hasher", all.hasher, all);
  ask(self, check, "breach", all.breach, all);
  ask(self, check, "couriers", all.couriers, all);
  ask(self, check, "sweeper", all.sweeper, all);
  const auto ask_all = [&](const std::string& kind, const std::vector<decider_actor>& shards) {
    for (std::size_t i = 0; i < shards.size(); ++i) ask(self, check, kind + std::to_string(i), shards[i], all);
  };
  ask_all("session-", all.sessions);
  ask_all("user-", all.users);
  ask_all("apikey-", all.apikeys);
  ask_all("policy-", all.policies);
  ask_all("mailer-", all.mailers);
}

}  // namespace

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, gateway_parts parts) {
  return {
      [self, parts](health_ptr& check) {
        const health_ptr mine = std::move(check);
        look(self, mine, *parts.routes.current(), parts.store);
      },
      [](ping_atom) -> pong_atom { return pong_atom::value; },
  };
}

gateway_ingress::gateway_ingress(options o, const route_table& routes, gateway_actor actor)
    : options_(std::move(o)), routes_(routes), actor_(std::move(actor)) {}

// False: its destructor answers 503.
bool gateway_ingress::admit(proto::exchange& ex) noexcept {
  ex.observer = options_.observer;
  ex.place = proto::permit::take(in_flight_, options_.most_in_flight);
  ex.deadline = ex.arrived + options_.begin_within;
  return static_cast<bool>(ex.place);
}

void gateway_ingress::submit(proto::exchange_ptr&& ex) noexcept {
  proto::exchange_ptr mine = std::move(ex);
  if (admit(*mine) && lets_in(mine, limited_way_)) route(std::move(mine));
}

void gateway_ingress::route(proto::exchange_ptr&& ex) noexcept {
  const auto routes = routes_.current();
  // Without limits there is nothing to count.
  if (!needs_client_address() && ex->problems.empty())
    send_to_decider(*routes, std::move(ex));
  else
    send_to_ratelimit(*routes, std::move(ex));
}

void gateway_ingress::submit_unlimited(proto::exchange_ptr&& ex) noexcept {
  proto::exchange_ptr mine = std::move(ex);
  if (!admit(*mine)) return;
  if (!mine->problems.empty())
    return mine->answer({proto::http_status::ok,
                         proto::render_problems(mine->request.row().name, mine->problems, mine->reqid), 0,
                         proto::code::invalid_parameters});
  if (lets_in(mine, unlimited_way_)) send_to_decider(*routes_.current(), std::move(mine));
}

proto::trace_ptr gateway_ingress::follow(const proto::exchange& ex) noexcept {
  return options_.traces ? options_.traces->follow(ex) : nullptr;
}

void gateway_ingress::check_health(std::function<void(const health_report&)> done) {
  auto check = std::make_shared<health_check>(std::move(done));
  if (options_.freshness != nullptr) {
    auto stale = options_.freshness->not_fresh();
    check->report.parts.emplace_back("cluster", stale.empty() ? "ok" : std::move(stale));
  }
  caf::anon_send(actor_, std::move(check));
}

std::optional<std::string> gateway_ingress::not_ready() const {
  {
    const std::lock_guard lock(reason_mutex_);
    if (!reason_.empty()) return reason_;
  }
  auto stale = options_.freshness != nullptr ? options_.freshness->not_fresh() : std::string();
  return stale.empty() ? std::nullopt : std::optional(std::move(stale));
}

void gateway_ingress::set_not_ready(std::string reason) {
  const std::lock_guard lock(reason_mutex_);
  leaving_ = !reason.empty();
  reason_ = std::move(reason);
}

}  // namespace authnz::actors
