#include "actors/inspection/answers.hpp"
#include "actors/inspector.hpp"
#include "actors/peers.hpp"
#include "proto/nesting.hpp"

namespace authnz::actors {

namespace {

// Some answers read a whole store.
constexpr std::chrono::seconds longest_relay{30};

/// Null if there is none.
const std::string* text_in(const nlohmann::ordered_json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : at->get_ptr<const std::string*>();
}

/// What another node's answer says.
inspected answer_in(const std::string& text) {
  const auto answer = nlohmann::ordered_json::parse(text, nullptr, false);
  if (answer.is_object() && !proto::nests_beyond(answer, inspection::greatest_depth)) {
    if (const auto ok = answer.find("ok"); ok != answer.end()) return *ok;
    const auto error = answer.find("error");
    if (error != answer.end() && text_in(*error, "code") && text_in(*error, "text"))
      return tl::unexpected(inspection_error{*text_in(*error, "code"), *text_in(*error, "text")});
  }
  return tl::unexpected(inspection_error{"unavailable", "the other node's answer is none that this node understands"});
}

inspected no_link_to(const std::string& node) {
  return tl::unexpected(inspection_error{
      "no-link",
      "there is no link to node " + node + "; see the members in authnzctl cluster status, or ask it itself"});
}

}  // namespace

void inspector_state::relay(const json& given, const std::string& who, const answer_to& done) {
  const auto text = [&](const char* name) {
    const auto at = given.find(name);
    return at != given.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto node = text("node");
  const auto question = text("question");
  const auto arguments = given.value("arguments", json::object());
  if (node.empty() || question.empty() || question == proto::row(proto::question::relay).name)
    return done(bad_argument("name the node, and a question for it"));
  if (node == parts_->node_name)
    return ask(question, arguments.dump(), who, [done](const std::string& answer) { done(answer_in(answer)); });
  if (const auto asked = proto::find_question(question); asked && !proto::row(*asked).by_peers)
    return done(not_possible("the question " + question + " is not answered to another node; ask node " + node +
                             " itself: --node HOST:PORT"));
  const auto* const roster = parts_->outside.cluster.peers;
  if (roster == nullptr)
    return done(not_possible("this node has no links to others; set its items cluster and clusterport"));
  for (const auto& other : roster->current()->others) {
    if (other.node != node) continue;
    if (!other.door) return done(no_link_to(node));
    self_->request(other.door, longest_relay, ask_atom::value, question, arguments.dump(), who)
        .then([done](const std::string& answer) { done(answer_in(answer)); },
              [done, node](const caf::error&) {
                done(tl::unexpected(inspection_error{
                    "unavailable", "node " + node + " does not answer; it may have done what it was asked"}));
              });
    return;
  }
  done(not_found("no node " + node + " is registered; see authnzctl cluster members"));
}

}  // namespace authnz::actors
