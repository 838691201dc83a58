/// The actor that has messages sent: a queue, and detached couriers that wait
/// for mail servers.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "actors/actor_card.hpp"
#include "actors/interfaces.hpp"
#include "actors/meter.hpp"

namespace authnz::actors {

struct courier_options {
  std::uint32_t couriers = 4;                ///< attempts at once
  card_ptr card = {};                        ///< null = nobody holds it up
  std::vector<card_ptr> courier_cards = {};  ///< one a courier, or none
};

class courier_pool_state {
 public:
  static constexpr const char* name = "couriers";

  explicit courier_pool_state(courier_pool_actor::pointer self) : self_(self) {}
  /// Ends the couriers, too.
  ~courier_pool_state();
  courier_pool_state(const courier_pool_state&) = delete;
  courier_pool_state& operator=(const courier_pool_state&) = delete;

  void begin(courier_options options, std::shared_ptr<mail_transport>&& transport, meter_ptr&& measured);
  void queue(mail_ptr&& job);
  void done(const mail_ptr& job, std::uint32_t courier);
  /// A courier has died: its job is deferred.
  void replace(const caf::actor_addr& dead, const std::string& why);
  /// Defers jobs whose time passed while they waited.
  void tick();

 private:
  using clock = std::chrono::steady_clock;
  struct queued {
    mail_ptr job;
    clock::time_point since;
  };
  struct worker {
    courier_actor actor{};
    mail_ptr job{};  ///< in hand
    clock::time_point queued{};
    clock::time_point begun{};
  };

  courier_actor spawn_courier(std::uint32_t number);
  void hand_out();
  bool is(gate g) const { return options_.card && options_.card->standing() == g; }
  void tell() const;
  void finished(worker& w);
  void defer(mail_ptr&& job, const char* why);

  courier_pool_actor::pointer self_;
  courier_options options_;
  std::shared_ptr<mail_transport> transport_;
  meter_ptr measured_;
  std::deque<queued> queue_;
  std::vector<worker> couriers_;
};

courier_pool_actor::behavior_type courier_pool(courier_pool_actor::stateful_pointer<courier_pool_state> self,
                                               courier_options options, std::shared_ptr<mail_transport> transport,
                                               meter_ptr measured);

}  // namespace authnz::actors
