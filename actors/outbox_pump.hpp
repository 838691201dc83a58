/// Sends what waits in the outbox: the part of the mailer that tries messages
/// again until they are accepted, refused or too old (contract, section
/// 8.5.1).
///
/// In a cluster one node at a time has that duty; the others do not look into
/// the outbox. First attempts belong to the node that got the request.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "actors/duties.hpp"
#include "actors/interfaces.hpp"
#include "actors/mail_schedule.hpp"
#include "actors/meter.hpp"
#include "actors/node_meters.hpp"
#include "storage/store.hpp"

namespace authnz::actors {

/// What happened to a message; for the log. Nothing of it is personal.
struct mail_event {
  enum class kind : std::uint8_t {
    accepted,
    deferred,    ///< will be tried again
    refused,     ///< dropped
    given_up,    ///< dropped: too old
    unreadable,  ///< dropped: no key opens it any more, or it is damaged
    damaged,     ///< a record of the outbox, or more; left alone
    unrecorded,  ///< the store did not take the end of an attempt; tried again
  };
  kind what;
  std::uint32_t tries = 0;  ///< attempts so far
  std::string detail = {};
  std::string reqid = {};  ///< JSON text, of a first attempt's request
};
using mail_log = std::function<void(const mail_event&)>;

struct outbox_parts {
  settings_ptr config;
  std::function<std::unique_ptr<storage::view>()> read;  ///< as storage::store::read
  std::function<void(commit_ptr&&)> commit;              ///< to the journal
  std::function<void(mail_ptr&&)> post;                  ///< to the couriers
  std::function<proto::timestamp()> now;                 ///< the wall's clock
  mail_log log;                                          ///< may be empty
  meter_ptr done;                                        ///< counts messages that are done; failed = dropped
  node_meters_ptr counts = {};                           ///< may be null
  const duty_roster* duties = nullptr;                   ///< null = every duty is this node's; outlives the pump
};

class outbox_pump {
 public:
  /// Retries at once; the other couriers are left to first attempts.
  static constexpr std::size_t most_retries = 2;

  outbox_pump(decider_actor::pointer self, outbox_parts parts);

  void tick();
  /// A message may be due earlier than it was.
  void look_now();
  /// A first attempt, of somebody else's.
  void post(mail_ptr&& job);
  /// The end of an attempt. Returns whether it was a retry, which is dealt
  /// with here; a first attempt's end is recorded by whom it belongs to, and
  /// here if that fails.
  bool ended(const mail_job& job);
  void committed(commit_ptr&& job);
  void configure(settings_ptr&& next);
  /// No retry begins any more.
  void drain() { draining_ = true; }

 private:
  /// An attempt that ended, until the store knows: meanwhile the message is
  /// not sent again.
  struct unrecorded_end {
    delivery result;
    std::uint32_t tries;                      ///< before the attempt
    bool retry;                               ///< its record needs the duty
    std::weak_ptr<pending_work> recording{};  ///< under way
  };
  struct attempt {
    std::weak_ptr<pending_work> work;  ///< once that is gone the attempt is over, or lost
    bool retry;
  };

  bool is_on_duty();
  void look_at_duty();
  bool is_busy(const std::string& key) const;
  bool look();
  void hand_out();
  void try_again(const std::string& key);
  void drop(const storage::outbox_entry& e, delivery as);
  void record(const std::string& key);
  void report(const mail_event& what) const;
  void count(mail_event::kind what) const;
  void wake_in(std::chrono::microseconds delay);

  decider_actor::pointer self_;
  outbox_parts parts_;
  std::unordered_map<std::string, attempt> in_flight_;
  std::unordered_map<std::string, unrecorded_end> ended_;
  std::deque<std::string> due_;  ///< keys, the oldest first
  std::chrono::steady_clock::time_point next_wake_;
  std::chrono::steady_clock::time_point next_look_at_duty_;
  bool was_on_duty_ = false;
  std::uint64_t mark_seen_ = 0;  ///< revision of the duty's mark, once the state has it
  bool draining_ = false;
};

}  // namespace authnz::actors
