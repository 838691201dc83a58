/// The actor that every request passes first: it counts, refuses (429), and
/// reports what validation found; the rest it passes on (contract, sections 2 to
/// 4). What it counted is saved once a second, and when it stops. In a cluster
/// it counts for other nodes too, and holds requests that others are to count.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "actors/cluster_limits.hpp"
#include "actors/exchange_gate.hpp"
#include "actors/interfaces.hpp"
#include "actors/meter.hpp"
#include "actors/node_meters.hpp"
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
  std::function<void(commit_ptr&&)> commit{};  ///< to the journal; empty = nothing is saved
  std::function<proto::timestamp()> now{};     ///< the wall's clock, for what is saved
  card_ptr card{};                             ///< null = nobody holds it up
  node_meters_ptr counts{};                    ///< may be null
  /// Null = this node counts alone. Else the secret of `buckets` is
  /// `limits_secret`, and the roster outlives the actor.
  const peer_roster* peers = nullptr;
};

class ratelimit_state {
 public:
  static constexpr const char* name = "ratelimit";
  explicit ratelimit_state(ratelimit_actor::pointer self) : self_(self) {}

  void begin(ratelimit_parts&& parts);
  /// Passes it, unless the gate is shut.
  void take_in(proto::exchange_ptr&& ex);
  void look_at_gate();
  void tick();
  void configure(settings_ptr&& next);
  void serve(limits_ptr&& job);
  void serve(peer_ptr&& job);
  void flush();
  /// Passes on what it holds, shows its buckets to the nodes that stay, and
  /// saves all that is not saved yet. Whoever has the journal stop lets this
  /// actor stop before.
  void end();

 private:
  using clock = std::chrono::steady_clock;

  void pass(proto::exchange_ptr&& ex);
  void count(proto::exchange_ptr&& ex, clock::time_point begun);
  void go_on(proto::exchange_ptr&& ex, clock::time_point begun, const rate_verdict& verdict);
  void tell_size() const;
  void save(std::size_t most);

  ratelimit_actor::pointer self_;
  ratelimit_parts parts_;
  exchange_gate gate_{nullptr};
  std::optional<cluster_limits> cluster_;
  clock::time_point next_save_;
  std::weak_ptr<commit_job> saving_;  ///< lives until the journal is done with it, or gone
};

ratelimit_actor::behavior_type ratelimit(ratelimit_actor::stateful_pointer<ratelimit_state> self,
                                         ratelimit_parts parts);

}  // namespace authnz::actors
