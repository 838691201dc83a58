/// Who is who at the moment: the handles of the living actors. A restarted
/// actor has a new handle, so nobody keeps one; everybody looks here.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "actors/interfaces.hpp"

namespace authnz::actors {

struct routes {
  ratelimit_actor ratelimit;
  journal_actor journal;
  hasher_actor hasher;
  breach_actor breach;
  courier_pool_actor couriers;
  sweeper_actor sweeper;
  std::vector<decider_actor> sessions;  ///< by shard
  std::vector<decider_actor> users;     ///< by shard
  std::vector<decider_actor> apikeys;   ///< by shard
  std::vector<decider_actor> policies;  ///< by shard
  std::vector<decider_actor> mailers;   ///< one: it alone owns the outbox
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

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const routes> current_ = std::make_shared<const routes>();
};

/// The deciders of a kind, by shard.
const std::vector<decider_actor>& deciders_of(const routes& r, proto::target kind);

/// The shard of a key among `shards`.
std::size_t shard_of(std::string_view key, std::size_t shards);

/// The decider that a request belongs to; null while it is being restarted.
decider_actor decider_of(const routes& r, const proto::call& request);

}  // namespace authnz::actors
