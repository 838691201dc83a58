#include "tools/ctl/wire_request.hpp"

#include <algorithm>
#include <array>

#include "proto/error.hpp"
#include "tools/ctl/asking.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::code;

namespace {

struct hint {
  code reason;
  std::string_view text;
};

// For reasons that say nothing to a frontend's user, or too little to an operator.
constexpr auto hints = std::to_array<hint>({
    {code::user_exists, "There is a user with this e-mail address already; see: authnzctl user show ADDRESS"},
    {code::user_not_found, "There is no such user; authnzctl user list shows them all."},
    {code::email_taken, "Another user has this e-mail address."},
    {code::email_invalid, "This e-mail address cannot be used; it must be NAME@DOMAIN, and not a disposable one."},
    {code::role_invalid, "This role cannot be given; authnzctl policy show lists the roles."},
    {code::protected_user, "This account belongs to the server and cannot be changed."},
    {code::last_superuser, "This is the last superuser who can act; give another user the role superuser first."},
    {code::active_state_mismatch, "The account changed at the same moment; try again."},
    {code::storage_full, "The node's disk is full; nothing was changed."},
    {code::storage_error, "The node's store failed; nothing was changed. See its log."},
});

const proto::code_row* row_of(const std::string& name) {
  const auto* at = std::ranges::find(proto::code_table, std::string_view(name), &proto::code_row::name);
  return at == proto::code_table.end() ? nullptr : at;
}

std::string text_member(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string joined_messages(const json& answer) {
  std::string out;
  const auto at = answer.find("messages");
  if (at == answer.end() || !at->is_array()) return out;
  for (const auto& message : *at)
    if (message.is_string()) out += (out.empty() ? "" : " ") + message.get<std::string>();
  return out;
}

}  // namespace

std::string sentence_of(const json& answer) {
  const auto reason = text_member(answer, "failure_reason");
  const auto* row = row_of(reason);
  if (row != nullptr) {
    const auto* known = std::ranges::find(hints, row->id, &hint::reason);
    if (known != hints.end()) return std::string(known->text);
    if (!row->text.empty() && row->id != code::invalid_parameters) return std::string(row->text);
  }
  auto text = joined_messages(answer);
  if (reason == proto::name(code::invalid_parameters))
    text += " " + answer.value("response", json::object()).dump(-1, ' ', true, json::error_handler_t::replace);
  return text.empty() ? "The request failed: " + reason : text;
}

tl::expected<json, link_error> ask_request(node_link& link, std::string_view request, const json& body) {
  auto answer = link.ask(proto::question::request, {{"request", request}, {"body", body}});
  if (!answer) return tl::unexpected(answer.error());
  const auto success = answer->find("success");
  if (success == answer->end() || !success->is_boolean())
    return tl::unexpected(link_error{exit_refused, "bad-answer", "the node's answer is not to be understood"});
  if (!success->get<bool>())
    return tl::unexpected(link_error{exit_refused, text_member(*answer, "failure_reason"), sentence_of(*answer)});
  return std::move((*answer)["response"]);
}

tl::expected<json, link_error> find_user(node_link& link, const std::string& who) {
  auto named = person_arguments(who);
  if (!named) return named;
  const auto none = [] {
    return tl::unexpected(
        link_error{exit_refused, "user-not-found", "There is no such user; authnzctl user list shows them all."});
  };
  if (named->contains("email")) {
    auto found = ask_request(link, "user-lookup-email", *named);
    if (!found) return found;
    return std::move((*found)["user_info"]);
  }
  auto found = ask_request(link, "user-list", *named);
  if (!found) return found;
  auto& list = (*found)["user_info"];
  if (!list.is_array() || list.empty()) return none();
  return std::move(list[0]);
}

}  // namespace authnz::ctl
