/// What is known of one actor from outside: who it is, how it is, and whether
/// an administrator holds it up. Readable from any thread without disturbing
/// the actor; outlives it, so that a restarted actor keeps its card.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/meter.hpp"
#include "actors/snapshot.hpp"

namespace authnz::actors {

/// What an administrator wants of an actor.
enum class gate : std::uint8_t {
  open,
  paused,    ///< new work waits
  draining,  ///< new work is refused
};

class actor_card {
 public:
  actor_card(std::string id, std::string kind, std::uint32_t shard, meter_ptr measured);

  const std::string id;    ///< e.g. `session-0`
  const std::string kind;  ///< e.g. `session`
  const std::uint32_t shard;
  const meter_ptr measured;

  /// What waits in the mailbox: counted with proto::permit where exchanges are
  /// sent, and until they are begun.
  std::atomic<std::uint32_t> waiting{0};
  std::atomic<std::uint64_t> memory{0};  ///< bytes; 0 = not known

  void started() noexcept;
  /// It has ended and will be started again; `why` is empty when it was told to.
  void ended(std::string_view why);
  void stopped() noexcept;
  void set(gate g) noexcept { gate_.store(g, std::memory_order_relaxed); }

  gate standing() const noexcept { return gate_.load(std::memory_order_relaxed); }
  actor_state state() const noexcept;
  /// All of it, at this moment.
  actor_row read() const;

 private:
  enum class life : std::uint8_t { running, restarting, stopped };

  std::chrono::microseconds oldest(const meter_reading& r, std::uint64_t in_mailbox,
                                   std::chrono::steady_clock::time_point now) const;

  std::atomic<life> life_{life::restarting};
  std::atomic<gate> gate_{gate::open};
  std::atomic<std::chrono::steady_clock::time_point> started_{std::chrono::steady_clock::now()};
  mutable std::mutex mutex_;
  std::string last_error_;
};

using card_ptr = std::shared_ptr<actor_card>;

/// The cards of a node's actors. Exchanges count in them, so they outlive the
/// actor system: the route table keeps them.
struct actor_cards {
  std::vector<card_ptr> all;
  card_ptr ratelimit;
  std::array<std::vector<card_ptr>, 5> deciders;  ///< by proto::target, and shard

  /// Null if nobody has it.
  card_ptr find(std::string_view id) const;
};

}  // namespace authnz::actors
