/// The one place that spawns: all actors of a node, under their supervisor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/decider.hpp"
#include "actors/duties.hpp"
#include "actors/gateway.hpp"
#include "actors/hasher.hpp"
#include "actors/outbox_pump.hpp"
#include "actors/supervisor.hpp"

namespace authnz::actors {

class peer_roster;

struct node_parts {
  storage::store& store;
  route_table& routes;
  settings_ptr config;
  std::shared_ptr<breached_passwords> breached;  ///< null = no list is asked
  std::uint32_t shards = 1;                      ///< of session and of user actors, each
  hasher_options hashing;
  audit_sink audit;
  answer_hook on_answer;
  std::function<void(const proto::exchange&)> on_rate_refusal;
  death_hook on_death;
  std::shared_ptr<mail_transport> transport = {};  ///< null = every message is deferred
  mail_log log_mail = {};
  audit_text record = {};  ///< empty = there is no audit trail
  node_meters_ptr meters = std::make_shared<node_meters>();
  const duty_roster* duties = nullptr;  ///< null = every duty is this node's; outlives the actors
  const peer_roster* peers = nullptr;   ///< null = rate limits are counted here alone; outlives the actors
  std::string cluster = {};             ///< the cluster's id; with `peers`
  bool shares_hashing = false;          ///< computes for peers, and has them compute; with `peers`
};

struct node {
  supervisor_actor supervisor;
  gateway_actor gateway;
  std::vector<std::pair<std::string, meter_ptr>> meters;  ///< by the actor's name
  std::shared_ptr<audit_aside> aside;                     ///< for events that come without a change
  std::shared_ptr<const actor_cards> cards;
  bool asks_breached_list = false;
  /// For other nodes, from any thread: their questions about rate limits
  /// (actors/cluster_limits_text.hpp). The answer comes once, on whatever
  /// thread; empty = not understood, or nobody is there to answer.
  std::function<void(std::string packed, std::function<void(std::string)> reply)> take_for_peer;
  /// A computation that another node offers (actors/hash_offer_text.hpp); answered likewise.
  std::function<void(std::string packed, std::function<void(std::string)> reply)> hash_for_peer;
  /// Buckets that this node counts from now on.
  std::function<void(std::string packed)> hand_from_peer;
};

/// `parts.store` and `parts.routes` must outlive the actor system.
node spawn_node(caf::actor_system& system, node_parts parts);

/// The scheduler's threads and policy; nothing of CAF's own options is read.
struct node_system_config : caf::actor_system_config {
  explicit node_system_config(std::uint32_t scheduler_threads);
};

}  // namespace authnz::actors
