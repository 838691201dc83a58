/// The work that an actor has in hand, in the order in which it was begun, so
/// that its meter can tell how old the oldest is. O(1).
///
/// What is destroyed elsewhere (with an actor that died) is noticed once it is
/// the oldest.
#pragma once

#include <chrono>
#include <list>
#include <memory>

#include "actors/meter.hpp"

namespace authnz::actors {

class work_in_hand {
  struct entry {
    std::weak_ptr<const void> work;
    std::chrono::steady_clock::time_point since;
  };

 public:
  using place = std::list<entry>::iterator;

  /// Null: nobody wants to know.
  explicit work_in_hand(meter_ptr measured) : measured_(std::move(measured)) {}

  place add(std::weak_ptr<const void> work, std::chrono::steady_clock::time_point since) {
    // No allocation for each piece of work.
    if (spare_.empty()) spare_.emplace_back();
    all_.splice(all_.end(), spare_, spare_.begin());
    const auto at = std::prev(all_.end());
    *at = {std::move(work), since};
    if (at == all_.begin()) publish();
    return at;
  }
  void remove(place at) {
    const bool oldest = at == all_.begin();
    put_aside(at);
    if (!oldest) return;
    while (!all_.empty() && all_.front().work.expired()) put_aside(all_.begin());
    publish();
  }
  /// From time to time: forgets what was destroyed elsewhere.
  void look() {
    if (all_.empty() || !all_.front().work.expired()) return;
    while (!all_.empty() && all_.front().work.expired()) put_aside(all_.begin());
    publish();
  }

 private:
  void put_aside(place at) {
    at->work.reset();
    spare_.splice(spare_.end(), all_, at);
  }
  void publish() const {
    if (measured_) measured_->set_oldest_in_hand(all_.empty() ? std::nullopt : std::optional(all_.front().since));
  }

  meter_ptr measured_;
  std::list<entry> all_;
  std::list<entry> spare_;
};

}  // namespace authnz::actors
