/// Where requests wait before an actor that an administrator has paused.
#pragma once

#include <chrono>
#include <deque>
#include <vector>

#include "actors/actor_card.hpp"
#include "actors/interfaces.hpp"

namespace authnz::actors {

/// Belongs to the actor. Costs a look at an atomic while it is open.
class exchange_gate {
 public:
  using clock = proto::exchange::clock;
  static constexpr std::chrono::milliseconds look_every{250};
  static constexpr std::uint32_t retry_after = 5;  ///< seconds, of those that are refused

  /// Without a card the gate is always open.
  explicit exchange_gate(card_ptr card) : card_(std::move(card)) {}

  /// Whether it may be begun now. Else it waits here, or was refused (503).
  bool lets_in(proto::exchange_ptr& ex);
  /// Those that may be begun now, in order. Refuses (503) what has waited
  /// beyond its deadline.
  std::vector<proto::exchange_ptr> look(clock::time_point now);
  /// Has the actor look again in a while if anybody waits.
  template <class Self>
  void watch(Self self) {
    const auto now = self->clock().now();
    if (waiting_.empty() || next_look_ > now) return;
    next_look_ = now + look_every;
    self->delayed_send(self, look_every, gate_atom::value);
  }

 private:
  void refuse(proto::exchange& ex, std::uint32_t seconds);
  void publish() const;

  card_ptr card_;
  std::deque<proto::exchange_ptr> waiting_;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace authnz::actors
