/// The gateway: where requests enter the actors. What is decoded and validated
/// comes in here, is bounded, and goes on to the rate limiter, which passes it
/// to its decider. The gateway actor looks after every other actor's health.
#pragma once

#include <atomic>
#include <memory>

#include "actors/freshness_gate.hpp"
#include "actors/ingress.hpp"
#include "actors/routes.hpp"
#include "actors/tracer.hpp"
#include "storage/store.hpp"

namespace authnz::actors {

struct health_check;
using health_ptr = std::shared_ptr<health_check>;

}  // namespace authnz::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::health_ptr)

namespace authnz::actors {

/// Asks every actor whether it is alive, and reads user 1.
using gateway_actor = caf::typed_actor<caf::reacts_to<health_ptr>, caf::replies_to<ping_atom>::with<pong_atom>>;

struct gateway_state {
  static constexpr const char* name = "gateway";
};

struct gateway_parts {
  const route_table& routes;
  storage::store& store;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, gateway_parts parts);

/// The listener's side of the gateway. Outlives the listener; the actors may
/// come and go.
class gateway_ingress final : public ingress {
 public:
  struct options {
    std::uint32_t most_in_flight = 4096;
    std::chrono::seconds begin_within{10};       ///< work that has not begun by then is refused
    proto::answer_observer* observer = nullptr;  ///< is told of every answer; outlives the exchanges
    std::shared_ptr<tracer> traces = {};         ///< null = requests are not followed
    /// Null = the state is always recent enough. Outlives the ingress, and has
    /// let go of every request before the ingress ends.
    freshness_gate* freshness = nullptr;
  };

  gateway_ingress(options o, const route_table& routes, gateway_actor actor);

  void submit(proto::exchange_ptr&& ex) noexcept override;
  /// As submit, but past the rate limits: for administrators.
  void submit_unlimited(proto::exchange_ptr&& ex) noexcept;
  void check_health(std::function<void(const health_report&)> done) override;
  std::optional<std::string> not_ready() const override;
  bool is_leaving() const noexcept override { return leaving_.load(std::memory_order_relaxed); }
  bool needs_client_address() const noexcept override { return needs_client_.load(std::memory_order_relaxed); }

  void set_needs_client_address(bool on) noexcept { needs_client_.store(on, std::memory_order_relaxed); }
  /// What not_ready() says; empty = ready, else the server is leaving.
  void set_not_ready(std::string reason);
  bool follows() const noexcept override { return options_.traces && options_.traces->follows(); }
  proto::trace_ptr follow(const proto::exchange& ex) noexcept override;

  std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
  std::uint32_t most_in_flight() const noexcept { return options_.most_in_flight; }

 private:
  bool admit(proto::exchange& ex) noexcept;
  bool lets_in(proto::exchange_ptr& ex, const freshness_gate::way_on& then) noexcept {
    return options_.freshness == nullptr || options_.freshness->lets_in(ex, then);
  }
  void route(proto::exchange_ptr&& ex) noexcept;

  options options_;
  const route_table& routes_;
  gateway_actor actor_;
  const freshness_gate::way_on limited_way_ = [this](proto::exchange_ptr&& ex) { route(std::move(ex)); };
  const freshness_gate::way_on unlimited_way_ = [this](proto::exchange_ptr&& ex) {
    send_to_decider(*routes_.current(), std::move(ex));
  };
  std::atomic<std::uint32_t> in_flight_ = 0;
  std::atomic<bool> needs_client_ = true;
  std::atomic<bool> leaving_ = false;  // nobody is served before it is ready
  mutable std::mutex reason_mutex_;
  std::string reason_ = "starting";
};

}  // namespace authnz::actors
