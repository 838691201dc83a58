/// The actor that has passwords computed: a queue, and detached workers that
/// compute at the lowest priority, so that all other requests go on as if
/// there were none.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "actors/actor_card.hpp"
#include "actors/hash_offers.hpp"
#include "actors/interfaces.hpp"
#include "actors/meter.hpp"
#include "actors/password_hash.hpp"

namespace authnz::actors {

/// Does what the job asks for, and sets its result: one computation on every
/// path, whatever the hash. Without memory for it the job is refused.
void compute(password_hasher& hasher, hash_job& job);

struct hasher_options {
  std::uint32_t workers = 1;                     ///< computations at once
  std::chrono::milliseconds longest_wait{5000};  ///< jobs that would wait longer are refused at once
  int niceness = 19;                             ///< of the workers' threads
  std::function<void(password_hasher&, hash_job&)> compute = &actors::compute;
  node_meters_ptr counts = {};              ///< may be null
  card_ptr card = {};                       ///< null = nobody holds it up
  std::vector<card_ptr> worker_cards = {};  ///< one a worker, or none
  hash_sharing sharing = {};                ///< with other nodes
};

class hasher_state {
 public:
  static constexpr const char* name = "hasher";

  explicit hasher_state(hasher_actor::pointer self);
  /// Ends the workers, too.
  ~hasher_state();
  hasher_state(const hasher_state&) = delete;
  hasher_state& operator=(const hasher_state&) = delete;

  void begin(hasher_options&& options, meter_ptr&& measured);
  void queue(hash_ptr&& job);
  void done(hash_ptr&& job, std::uint32_t worker);
  /// A worker has died, and its job with it: the job's client gets 503.
  void replace(const caf::actor_addr& dead, const std::string& why);
  /// Computes for another node, at once or not at all.
  void serve(const peer_ptr& asked);
  void configure(const settings& s);
  /// The gate has changed, or some wait before it.
  void look_at_gate();

 private:
  using clock = std::chrono::steady_clock;
  struct queued {
    hash_ptr job;
    clock::time_point since;
  };
  struct worker {
    hash_worker_actor actor{};
    bool busy = false;
    clock::time_point queued{};  ///< its job was,
    clock::time_point begun{};   ///< and was begun
  };

  hash_worker_actor spawn_worker(std::uint32_t number);
  std::chrono::microseconds estimated_wait();
  void hand_out();
  void begin_work(worker& w, queued&& next);
  void offer_rest();
  void came_back(hash_ptr&& job, clock::time_point since);
  void send_home(hash_ptr&& job);
  worker* idle_worker();
  bool is_paused() const { return options_.card && options_.card->standing() == gate::paused; }
  void watch_gate();
  void tell() const;
  void tell_buffers(const hash_job& next);
  void finished(worker& w, bool ok);
  void refuse(hash_ptr&& job, std::chrono::microseconds wait);

  hasher_actor::pointer self_;
  hasher_options options_;
  meter_ptr measured_;
  std::deque<queued> queue_;
  hash_offers offers_;
  std::vector<worker> workers_;
  clock::time_point next_look_{};
  std::uint32_t largest_kib_ = 0;               ///< memory of a computation so far
  std::chrono::microseconds average_{100'000};  ///< of a computation
};

hasher_actor::behavior_type hasher(hasher_actor::stateful_pointer<hasher_state> self, hasher_options options,
                                   meter_ptr measured);

}  // namespace authnz::actors
