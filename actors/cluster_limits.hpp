/// Rate limits that are one for a whole cluster: every bucket has an owner
/// among the nodes (`owner_of`), which counts it, whoever gets the request.
///
/// What cannot be asked of an owner is counted here, so that with nodes out of
/// each other's reach a client gets a limit from each of them at most. A
/// request about two subjects asks for the client first: one that is refused
/// touches nobody's e-mail address. What a refused request took is given back.
///
/// When the view changes, buckets that are not full are shown to their owners,
/// which keep the lower of both; when the node stops, to all others. They stay
/// here as well: full ones are forgotten anyway. Buckets that are shared by networks,
/// domains, or all (contract, section 4) are not shown to anybody.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cluster_limits_text.hpp"
#include "actors/interfaces.hpp"
#include "actors/node_meters.hpp"
#include "actors/peers.hpp"

namespace authnz::actors {

/// Belongs to the rate limiter, whose `flush_atom` is its own.
class cluster_limits {
 public:
  using clock = std::chrono::steady_clock;
  /// How long an owner may take to answer.
  static constexpr std::chrono::milliseconds patience{250};
  /// How long an owner that did not answer is not asked again.
  static constexpr std::chrono::milliseconds rest{1000};

  /// May be called at once. Destroyed without a call if the actor ends.
  using decided = std::function<void(const rate_verdict&)>;

  /// `counts` may be null.
  cluster_limits(ratelimit_actor::pointer self, const peer_roster& peers, std::shared_ptr<rate_buckets> buckets,
                 node_meters_ptr counts)
      : self_(self), peers_(peers), buckets_(std::move(buckets)), counts_(std::move(counts)) {}

  /// Whether all buckets of these subjects (one or two) are counted here.
  bool are_ours(const proto::request_row& row, std::span<const rate_subject> subjects);
  /// As rate_buckets::take, wherever the buckets are.
  void take(const proto::request_row& row, std::span<const rate_subject> subjects, decided then);

  /// Asks what has queued, and hands buckets on.
  void flush();
  /// Looks whether the view has changed. Every request does, but there may be none.
  void look_at_view();
  /// The actor ends: what waits for others is counted here, and others are
  /// shown all that is counted here. Nobody is asked any more.
  void end();

 private:
  /// With the name of the node that counted it; empty = this one.
  using counted = std::function<void(const rate_verdict&, const std::string&)>;
  struct question {
    rate_question what;
    counted then;  ///< empty = nobody waits
  };
  using questions = std::vector<question>;
  using questions_ptr = std::shared_ptr<questions>;
  /// To one owner.
  struct line {
    peer_door door;
    std::deque<question> waiting;
    std::vector<questions_ptr> under_way;  ///< one a text
    clock::time_point silent_until{};
  };
  struct journey;

  void follow(std::shared_ptr<const peer_view> next);
  void note_to_self();
  line* line_to(std::string_view owner);
  void ask(std::string_view owner, rate_question what, counted then);
  void go_on(const std::shared_ptr<journey>& j, const rate_verdict& first, const std::string& at);
  void count_here(const question& q);
  void count_for_owner(const question& q);
  void count_for_owner(std::deque<question>&& all);
  void count_for_owner(questions& all);
  void count_all_here();
  void send_some(const std::string& owner, line& to);
  void send(const std::string& owner, line& to, questions&& some);
  void answered(const std::string& owner, const peer_door& door, const questions_ptr& asked, const std::string& reply);
  void failed(const std::string& owner, const peer_door& door, const questions_ptr& asked);
  void hand_all();
  bool hand_some(std::size_t slots);
  static void hand(const peer_door& to, std::span<const rate_handed> buckets);
  void hand_what_is_asked_for(const peer_door& door, const questions& some);
  std::int64_t now() const;

  ratelimit_actor::pointer self_;
  const peer_roster& peers_;
  std::shared_ptr<rate_buckets> buckets_;
  node_meters_ptr counts_;
  std::shared_ptr<const peer_view> view_;
  std::map<std::string, line, std::less<>> lines_;
  std::optional<rate_buckets::own_position> handing_;  ///< nothing = all has been handed
  bool noted_ = false;
  bool ending_ = false;
};

/// Does what another node asks of these buckets. `limited` is false where
/// limits are off: then all is allowed.
void serve(peer_job& job, rate_buckets& buckets, bool limited, std::int64_t now);

}  // namespace authnz::actors
