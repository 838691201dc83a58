/// The interpreter of decisions, which all deciding actors share: it runs a
/// request's decision, gets the facts it asks for, commits, holds answers to
/// failed password checks, has messages sent, and answers.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/audit_aside.hpp"
#include "actors/exchange_gate.hpp"
#include "actors/interfaces.hpp"
#include "actors/lanes.hpp"
#include "actors/meter.hpp"
#include "actors/node_meters.hpp"
#include "actors/routes.hpp"
#include "actors/step.hpp"
#include "actors/work_in_hand.hpp"
#include "storage/store.hpp"

namespace authnz::actors {

/// Where time comes from.
struct clocks {
  std::function<proto::timestamp()> wall;
  std::function<lanes::clock::time_point()> steady;

  static clocks system();
};

/// Writes one line of the audit.
using audit_sink =
    std::function<void(const audit_note&, proto::code outcome, const proto::exchange&, proto::timestamp)>;

/// The text of an event's record in the audit trail.
using audit_text =
    std::function<std::string(const audit_note&, proto::code outcome, const proto::exchange&, proto::timestamp)>;

/// Told of every answer of a decider; empty = nobody wants to know.
using answer_hook = std::function<void(const proto::exchange&, proto::http_status)>;

struct decider_parts {
  storage::store& store;
  const route_table& routes;
  settings_ptr config;
  std::shared_ptr<meter> measured;
  audit_sink audit;
  answer_hook on_answer;
  clocks time = clocks::system();
  std::size_t shard = 0;   ///< which one this is,
  std::size_t shards = 1;  ///< of so many
  /// Takes a stored message to the couriers; the mailer's decider alone has it.
  std::function<void(mail_ptr&&)> post = {};
  audit_text record = {};  ///< empty = events are not recorded
  /// Records events that come without a change; empty if `record` is.
  std::shared_ptr<audit_aside> aside = {};
  card_ptr card = {};           ///< null = nobody holds it up
  node_meters_ptr counts = {};  ///< may be null
};

/// One request while it is being decided.
struct work;
using work_ptr = std::shared_ptr<work>;

class decider {
 public:
  /// How often a decision runs on conflicts before it gives up.
  static constexpr int most_tries = 8;

  decider(decider_actor::pointer self, decider_parts parts);
  ~decider();

  /// Decides, unless its gate is shut.
  void take_in(proto::exchange_ptr&& ex);
  /// The gate has changed, or some wait before it.
  void look_at_gate();
  void committed(commit_ptr&& job);
  void hashed(hash_ptr&& job);
  void looked_up(breach_ptr&& job);
  void delivered(mail_ptr&& job);
  void tick();
  void drain();
  void configure(settings_ptr&& next);

 private:
  void decide(proto::exchange_ptr&& ex);
  void begin(const work_ptr& w);
  void run(const work_ptr& w);
  void take(const work_ptr& w, finish&& end);
  void take(const work_ptr& w, check_password&& wanted);
  void take(const work_ptr& w, make_hash&& wanted);
  void take(const work_ptr& w, ask_breached&& wanted);
  void take(const work_ptr& w, send_mail&& wanted);
  void send_to_hasher(const work_ptr& w, hash_job::kind what, std::string_view password, std::string phc);
  void record_events(const work_ptr& w);
  /// `if_applied` is answered even if the actor dies meanwhile.
  void commit(const work_ptr& w, storage::mini_transaction&& tx, proto::reply&& if_applied);
  void applied(const work_ptr& w);
  void not_applied(const work_ptr& w, proto::code reason);
  /// The cluster's engine is out of reach.
  void not_committed(const work_ptr& w, proto::http_status status);
  void conclude(const work_ptr& w);
  void fail(const work_ptr& w, proto::code reason);
  void refuse(const work_ptr& w, proto::http_status status, std::uint32_t retry_after);
  /// Answers, and hands the lane on.
  void end(const work_ptr& w, proto::reply&& r);
  void begin_in_turn(pending_ptr&& next);
  void measure(work& w, bool ok);
  void after_release(std::vector<lanes::released>&& over);
  void schedule_tick();
  bool passed_to_other_shard(const work_ptr& w);
  void count_autolocks(const work& w) const;

  decider_actor::pointer self_;
  decider_parts parts_;
  exchange_gate gate_;
  work_in_hand in_hand_;
  lanes lanes_;
  lanes::clock::time_point next_tick_ = lanes::clock::time_point::max();
  user_ids ids_;
  std::uint64_t last_nanoseconds_ = 0;
  bool draining_ = false;
  std::deque<work_ptr> next_;  ///< whose turn has come while another's ends
  bool beginning_ = false;
};

/// The message handlers of a decider, for the behaviours of its two actors.
decider_actor::behavior_type decider_behavior(decider& d);

}  // namespace authnz::actors
