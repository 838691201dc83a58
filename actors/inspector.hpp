/// The inspector: answers the questions of an administrator's tool
/// (proto/questions.hpp). Detached, so that whoever looks stands in nobody's
/// way. The only actor that is published to the network.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

#include "actors/inspection.hpp"
#include "actors/inspection_door.hpp"
#include "actors/interfaces.hpp"
#include "proto/questions.hpp"

namespace authnz::actors {

struct inspected_request;
using inspected_request_ptr = std::shared_ptr<inspected_request>;

}  // namespace authnz::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::inspected_request_ptr)

namespace authnz::actors {

using inspector_actor = inspection_door::extend<caf::reacts_to<commit_ptr>,             // a change is done
                                                caf::reacts_to<inspected_request_ptr>,  // a request was answered
                                                caf::reacts_to<errand_ptr>,             // another's answer is here
                                                caf::replies_to<ping_atom>::with<pong_atom>>;

/// Answers questions one after the other; those that must wait for others do
/// not keep the next one waiting.
class inspector_state : public inspection_desk {
 public:
  static constexpr const char* name = "inspector";
  explicit inspector_state(inspector_actor::pointer self);
  ~inspector_state() override;

  void begin(std::shared_ptr<const inspection_parts>&& parts);
  std::string hello(std::uint16_t protocol, const std::string& who);
  void ask(const std::string& name, const std::string& arguments, const std::string& who,
           std::function<void(std::string)> reply);
  void answered(inspected_request_ptr&& job);
  void committed(commit_ptr&& job);

  const inspection_parts& parts() const override;
  void change(admin_decision decide, answer_to done) override;
  void request(const std::string& name, const json& body, answer_to done) override;
  std::function<void(std::function<void()>)> way_home() const override;

 private:
  void answer_safely(proto::question asked, const json& given, const answer_to& done);
  void answer(proto::question asked, const json& given, const answer_to& done);
  /// Has another node answer; what is written to the audit is written there.
  void relay(const json& given, const std::string& who, const answer_to& done);
  void ask_request(const json& given, const answer_to& done);
  /// What an administrator does, for the audit.
  struct act {
    std::string event;
    std::string who;
    std::string target;
    bool recorded = false;  ///< in the trail, by its change
  };
  audit_event event_of(const act& a) const;
  void record(const act& a, proto::code outcome) const;
  void run(pending_ptr&& pending);

  inspector_actor::pointer self_;
  std::shared_ptr<const inspection_parts> parts_;
  act asking_;  ///< what is being answered; of use only until its function returns
};

/// `parts` must stay good until the actor has ended.
inspector_actor::behavior_type inspector(inspector_actor::stateful_pointer<inspector_state> self,
                                         std::shared_ptr<const inspection_parts> parts);

}  // namespace authnz::actors
