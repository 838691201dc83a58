/// Who is who at the moment: the handles of the living actors. A restarted
/// actor has a new handle, so nobody keeps one; everybody looks here.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "actors/actor_card.hpp"
#include "actors/interfaces.hpp"

namespace authnz::actors {

struct routes {
  ratelimit_actor ratelimit;
  journal_actor journal;
  hasher_actor hasher;
  breach_actor breach;
  courier_pool_actor couriers;
  sweeper_actor sweeper;
  std::vector<decider_actor> sessions;       ///< by shard
  std::vector<decider_actor> users;          ///< by shard
  std::vector<decider_actor> apikeys;        ///< by shard
  std::vector<decider_actor> policies;       ///< by shard
  std::vector<decider_actor> mailers;        ///< one: it alone owns the outbox
  std::shared_ptr<const actor_cards> cards;  ///< null = nobody counts what waits
};

/// Shared by all actors and the listener. Thread-safe.
class route_table {
 public:
  std::shared_ptr<const routes> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  /// `change` gets a copy of the routes to edit.
  template <class F>
  void update(F&& change) {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<routes>(*current_);
    change(*next);
    current_ = std::move(next);
  }

  /// Publishes the cards, and keeps them for as long as the table lives:
  /// exchanges that are still on their way count in them.
  void publish(std::shared_ptr<const actor_cards> cards) {
    update([&](routes& r) { r.cards = cards; });
    kept_.push_back(std::move(cards));
  }

 private:
  std::vector<std::shared_ptr<const actor_cards>> kept_;
  mutable std::mutex mutex_;
  std::shared_ptr<const routes> current_ = std::make_shared<const routes>();
};

/// The deciders of a kind, by shard.
const std::vector<decider_actor>& deciders_of(const routes& r, proto::target kind);

/// The shard of a key among `shards`.
std::size_t shard_of(std::string_view key, std::size_t shards);

/// The decider that a request belongs to; null while it is being restarted.
decider_actor decider_of(const routes& r, const proto::call& request);

/// Sends the request to its decider, and counts it as waiting there. While the
/// decider is being restarted the request is destroyed, which answers 503.
void send_to_decider(const routes& r, proto::exchange_ptr&& ex);
/// The same, to a shard of the user actors.
void send_to_user_shard(const routes& r, std::size_t shard, proto::exchange_ptr&& ex);
/// The same, to the rate limiter.
void send_to_ratelimit(const routes& r, proto::exchange_ptr&& ex);

}  // namespace authnz::actors
