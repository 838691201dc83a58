/// The actor that every request passes first: it counts, refuses (429), and
/// reports what validation found; the rest it passes on (contract, sections 2 to 4).
#pragma once

#include <functional>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/meter.hpp"
#include "actors/rate_buckets.hpp"

namespace authnz::actors {

struct ratelimit_parts {
  settings_ptr config;
  /// Given from outside, so that a restart forgets no limited client. Nobody
  /// else touches it meanwhile.
  std::shared_ptr<rate_buckets> buckets;
  std::function<void(proto::exchange_ptr&&)> route;        ///< to the deciders
  std::function<void(const proto::exchange&)> on_refusal;  ///< for the audit: at most one a minute and key
  meter_ptr measured;
};

class ratelimit_state {
 public:
  static constexpr const char* name = "ratelimit";
  explicit ratelimit_state(ratelimit_actor::pointer self) : self_(self) {}

  void begin(ratelimit_parts&& parts);
  void pass(proto::exchange_ptr&& ex);
  void forget_full_buckets();
  void configure(settings_ptr&& next);

 private:
  rate_verdict count(const proto::exchange& ex);

  ratelimit_actor::pointer self_;
  ratelimit_parts parts_;
};

ratelimit_actor::behavior_type ratelimit(ratelimit_actor::stateful_pointer<ratelimit_state> self,
                                         ratelimit_parts parts);

}  // namespace authnz::actors
