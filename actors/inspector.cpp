#include "actors/inspector.hpp"

#include "actors/inspection/answers.hpp"
#include "proto/nesting.hpp"
#include "proto/payload.hpp"

namespace authnz::actors {

/// A request that the inspector asked, with its answer.
struct inspected_request {
  answer_to done;
  proto::reply answer;
};

namespace {

constexpr int most_tries = 8;

std::string text_of(const inspected& answer) {
  nlohmann::ordered_json out;
  if (answer)
    out["ok"] = *answer;
  else
    out["error"] = {{"code", answer.error().code}, {"text", answer.error().text}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Takes the answer home to the inspector.
class answer_home final : public proto::reply_sink {
 public:
  answer_home(inspector_actor to, answer_to done) : to_(std::move(to)), done_(std::move(done)) {}
  void deliver(std::uint64_t, proto::reply&& answer) noexcept override {
    auto job = std::make_shared<inspected_request>(inspected_request{std::move(done_), std::move(answer)});
    caf::anon_send(to_, std::move(job));
  }

 private:
  inspector_actor to_;
  answer_to done_;
};

inspected answer_of(const proto::reply& answer) {
  if (answer.status != proto::http_status::ok)
    return tl::unexpected(inspection_error{
        "unavailable",
        "the node answers " + std::string(proto::plain_text(answer.status).substr(0, 3)) +
            (answer.retry_after > 0 ? "; try again in " + std::to_string(answer.retry_after) + " s" : "")});
  return nlohmann::ordered_json::parse(answer.text, nullptr, false);
}

/// The request's name, if it names one: anything else is not written to the audit.
const std::string* request_in(const json& given) {
  const auto at = given.find("request");
  const auto* const name = at == given.end() ? nullptr : at->get_ptr<const std::string*>();
  return name != nullptr && proto::find_request(*name) != nullptr ? name : nullptr;
}

std::string event_name(proto::question asked, const json& given) {
  if (asked == proto::question::actor_control)
    for (const std::string order : {"pause", "resume", "restart", "drain"})
      if (given.value("order", json()) == order) return "admin.actor-" + order;
  const auto* const request = asked == proto::question::request ? request_in(given) : nullptr;
  return "admin." + (request != nullptr ? *request : std::string(proto::row(asked).name));
}

/// Whom or what an act is about: what its arguments name, or those of its request.
std::string target_in(const json& given) {
  const auto body = given.find("body");
  for (const auto* where : {body == given.end() ? &given : &*body, &given}) {
    if (!where->is_object()) continue;
    for (const auto* name :
         {"target_userid", "user_id", "email", "email_address", "key", "actor", "id", "client", "reqid", "level"}) {
      const auto at = where->find(name);
      if (at == where->end() || at->is_null() || at->is_structured()) continue;
      return at->is_string() ? at->get<std::string>() : at->dump();
    }
  }
  return {};
}

/// The failure reason of a request's answer; none = it was a success, or no request.
proto::code outcome_of(const inspected& result) {
  const auto reason = result->find("failure_reason");
  if (reason == result->end() || !reason->is_string()) return proto::code::none;
  const auto text = reason->get<std::string>();
  for (const auto& row : proto::code_table)
    if (row.name == text) return row.id;
  return proto::code::none;
}

/// A change while it is being committed.
struct pending_change final : pending_work {
  admin_decision decide;
  answer_to done;
  std::string event;  ///< text of its record in the audit trail
  nlohmann::ordered_json answer;
  int tries = 0;
};

}  // namespace

inspector_state::inspector_state(inspector_actor::pointer self) : self_(self) {}
inspector_state::~inspector_state() = default;

void inspector_state::begin(std::shared_ptr<const inspection_parts>&& parts) { parts_ = std::move(parts); }

const inspection_parts& inspector_state::parts() const { return *parts_; }

std::string inspector_state::hello(std::uint16_t protocol, const std::string& who) {
  if (protocol != proto::inspection_protocol)
    return text_of(tl::unexpected(
        inspection_error{"protocol", "this node speaks version " + std::to_string(proto::inspection_protocol) +
                                         " of the inspection protocol, the tool version " + std::to_string(protocol) +
                                         "; use the authnzctl of the node's version"}));
  (void)who;
  return text_of(inspection::node(*parts_));
}

void inspector_state::ask(const std::string& name, const std::string& arguments, const std::string& who,
                          std::function<void(std::string)> reply) {
  const auto done = [reply = std::move(reply)](const inspected& answer) { reply(text_of(answer)); };
  const auto asked = proto::find_question(name);
  if (!asked)
    return done(tl::unexpected(inspection_error{"unknown-question", "this node does not know the question " + name}));
  const auto given = json::parse(arguments, nullptr, false);
  if (!given.is_object()) return done(bad_argument("arguments must be a JSON object"));
  if (proto::nests_beyond(given, inspection::greatest_depth)) return done(bad_argument("the arguments nest too deep"));
  if (*asked == proto::question::relay) return relay(given, who, done);
  if (!proto::row(*asked).acts) return answer_safely(*asked, given, done);
  asking_ = {event_name(*asked, given), who, target_in(given), proto::row(*asked).commits};
  answer_safely(*asked, given, [this, act = asking_, done](const inspected& result) {
    if (result) record(act, outcome_of(result));
    done(result);
  });
}

audit_event inspector_state::event_of(const act& a) const {
  audit_event event;
  event.name = a.event;
  event.actor = personal_text{"administrator " + a.who, false};
  if (!a.target.empty()) event.target = personal_text{a.target, false};
  return event;
}

void inspector_state::record(const act& a, proto::code outcome) const {
  auto event = event_of(a);
  event.outcome = outcome;
  // A change has brought its record along.
  a.recorded ? parts_->audit.line(event) : parts_->audit.write(event);
}

// Nobody would start it again.
void inspector_state::answer_safely(proto::question asked, const json& given, const answer_to& done) {
  try {
    answer(asked, given, done);
  } catch (const std::exception& e) {
    done(tl::unexpected(inspection_error{"internal", std::string("the question could not be answered: ") + e.what()}));
  }
}

void inspector_state::answer(proto::question asked, const json& given, const answer_to& done) {
  using enum proto::question;
  const auto& p = *parts_;
  switch (asked) {
    case node: return done(inspection::node(p));
    case snapshot: return done(inspection::snapshot(p));
    case actor_control: return inspection::actor_control(*this, given, done);
    case trace_start: return done(inspection::trace_start(p, given));
    case trace_read: return done(inspection::trace_read(p, given));
    case trace_stop: return done(inspection::trace_stop(p, given));
    case proto::question::request: return ask_request(given, done);
    case sessions: return done(inspection::sessions(p, given));
    case session_end: return inspection::session_end(*this, given, done);
    case apikeys: return done(inspection::apikeys(p, given));
    case apikey_revoke: return inspection::apikey_revoke(*this, given, done);
    case mail_queue: return done(inspection::mail_queue(p, given));
    case mail_retry: return inspection::mail_retry(*this, given, done);
    case mail_drop: return inspection::mail_drop(*this, given, done);
    case limits: return inspection::limits(*this, given, done);
    case limits_clear: return inspection::limits_clear(*this, given, done);
    case configuration: return done(inspection::configuration(p));
    case configuration_reload: return done(inspection::configuration_reload(p));
    case proto::question::log_level: return done(inspection::log_level(p, given));
    case audit: return done(inspection::audit(p, given));
    case audit_verify: return done(inspection::audit_verify(p, given));
    case store_check: return done(inspection::store_check(p, given));
    case store_digest: return done(inspection::store_digest(p, given));
    case cluster_status: return inspection::cluster_status(*this, done);
    case cluster_members: return inspection::cluster_members(*this, done);
    case cluster_drain: return inspection::cluster_drain(*this, done);
    case proto::question::relay:
    case count_: break;
  }
}

void inspector_state::ask_request(const json& given, const answer_to& done) {
  const auto* const name = request_in(given);
  if (name == nullptr) return done(bad_argument("there is no such request; authnzctl requests lists them"));
  const auto body = given.find("body");
  request(*name, body == given.end() ? json::object() : *body, done);
}

void inspector_state::request(const std::string& name, const json& body, answer_to done) {
  const json envelope{{"request", name}, {"body", body}, {"reqid", "authnzctl"}, {"client_ipaddr", "127.0.0.1"}};
  auto ex = std::make_shared<proto::exchange>(
      std::make_shared<answer_home>(caf::actor_cast<inspector_actor>(self_), std::move(done)), 0);
  ex->arrived = proto::exchange::clock::now();
  const auto text = envelope.dump(-1, ' ', true, json::error_handler_t::replace);
  const auto status = proto::read_payload(text, false, parts_->settings->limits, *ex);
  if (status != proto::http_status::ok) return ex->answer({status, {}});
  parts_->door.submit_unlimited(std::move(ex));
}

std::function<void(std::function<void()>)> inspector_state::way_home() const {
  return [me = caf::actor_cast<inspector_actor>(self_)](std::function<void()> run) {
    caf::anon_send(me, std::make_shared<errand>(errand{std::move(run)}));
  };
}

void inspector_state::answered(inspected_request_ptr&& job) {
  const auto mine = std::move(job);
  mine->done(answer_of(mine->answer));
}

void inspector_state::change(admin_decision decide, answer_to done) {
  auto work = std::make_shared<pending_change>();
  work->decide = std::move(decide);
  work->done = std::move(done);
  work->event = parts_->audit.text(event_of(asking_));
  run(std::move(work));
}

void inspector_state::run(pending_ptr&& pending) {
  auto& work = static_cast<pending_change&>(*pending);
  bool fault = false;
  tl::expected<admin_change, inspection_error> decided;
  {
    const auto view = parts_->store.read();
    decided = work.decide(*view);
    fault = view->fault();
  }
  if (fault) return work.done(tl::unexpected(inspection_error{"storage", "the store cannot be read; see the log"}));
  if (!decided) return work.done(tl::unexpected(std::move(decided.error())));
  if (decided->tx.empty()) return work.done(std::move(decided->answer));
  decided->tx.events.push_back(work.event);
  work.answer = std::move(decided->answer);
  auto job = std::make_shared<commit_job>();
  job->tx = std::move(decided->tx);
  job->reply_to = caf::actor_cast<inspector_actor>(self_);
  job->work = std::move(pending);
  caf::anon_send(parts_->routes.current()->journal, std::move(job));
}

void inspector_state::committed(commit_ptr&& job) {
  auto pending = std::move(job->work);
  auto& work = static_cast<pending_change&>(*pending);
  const auto refuse = [&](std::string code, std::string text) {
    work.done(tl::unexpected(inspection_error{std::move(code), std::move(text)}));
  };
  switch (job->result) {
    case storage::commit_result::applied: return work.done(std::move(work.answer));
    case storage::commit_result::storage_full: return refuse("storage", "the disk is full; nothing was changed");
    case storage::commit_result::storage_error: return refuse("storage", "the store failed; nothing was changed");
    case storage::commit_result::unavailable:
      return refuse("storage", "the cluster is out of reach; nothing was changed");
    case storage::commit_result::unknown:
      return refuse("storage", "the cluster did not say whether it was changed; look before you try again");
    case storage::commit_result::conflict: break;
  }
  if (++work.tries >= most_tries) return refuse("conflict", "others keep changing the same; try again");
  run(std::move(pending));
}

inspector_actor::behavior_type inspector(inspector_actor::stateful_pointer<inspector_state> self,
                                         std::shared_ptr<const inspection_parts> parts) {
  self->state.begin(std::move(parts));
  return {
      [self](hello_atom, std::uint16_t protocol, const std::string& who) { return self->state.hello(protocol, who); },
      [self](ask_atom, const std::string& question, const std::string& arguments, const std::string& who) {
        auto promise = self->make_response_promise<std::string>();
        self->state.ask(question, arguments, who,
                        [promise](std::string text) mutable { promise.deliver(std::move(text)); });
        return promise;
      },
      [self](commit_ptr& job) { self->state.committed(std::move(job)); },
      [self](inspected_request_ptr& job) { self->state.answered(std::move(job)); },
      [](errand_ptr& job) { std::exchange(job, {})->run(); },
      [](ping_atom) -> pong_atom { return pong_atom::value; },
  };
}

}  // namespace authnz::actors
