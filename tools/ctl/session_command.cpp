#include "tools/ctl/session_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/credential_lists.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

tl::expected<json, link_error> find_session(node_link& link, const std::string& key) {
  auto found = link.ask(question::sessions, {{"key", key}});
  if (!found) return found;
  auto& list = (*found)["sessions"];
  if (!list.is_array() || list.empty())
    return tl::unexpected(link_error{exit_refused, "bad-answer", "the node's answer has no session"});
  return std::move(list[0]);
}

int show(node_link& link, const std::string& key, bool as_json) {
  const auto found = find_session(link, key);
  if (!found) return fail(found.error());
  if (as_json)
    print_json(*found);
  else
    print_members(*found, {"key", "node", "user_id", "state", "user_in_good_standing", "created", "expires",
                           "ip_address", "user_agent", "extra_info"});
  return exit_done;
}

int end(node_link& link, const std::string& key, bool yes, bool as_json) {
  if (!yes) {
    const auto found = find_session(link, key);
    if (!found) return fail(found.error());
    const auto sure = confirm("End the session " + key_cell(*found) + " of user " + cell(*found, "user_id") + " from " +
                                  printable(cell(*found, "ip_address")) + "?",
                              yes);
    if (!sure) return fail(sure.error());
  }
  const auto ended = link.ask(question::session_end, {{"key", key}});
  if (!ended) return fail(ended.error());
  if (as_json)
    print_json(*ended);
  else
    std::cout << "ended: " << key_cell(*ended) << " of user " << cell(*ended, "user_id") << '\n';
  return exit_done;
}

void add_show(CLI::App& session, int& status) {
  auto* app = session.add_subcommand("show", "Show one session");
  const auto key = std::make_shared<std::string>();
  app->add_option("key", *key, "Its key, or the beginning of it")->required();
  const auto a = add_asking(*app, "authnzctl session show 18a1f3c29b7d4e05a1b2");
  ask_when_called(*app, a, status, [=](node_link& link) { return show(link, *key, a->json); });
}

void add_end(CLI::App& session, int& status) {
  auto* app = session.add_subcommand("end", "End one session, with the API keys that are tied to it");
  const auto key = std::make_shared<std::string>();
  app->add_option("key", *key, "Its key, or the beginning of it")->required();
  const auto yes = add_yes(*app);
  const auto a = add_asking(*app, "authnzctl session end 18a1f3c29b7d4e05a1b2 --yes");
  ask_when_called(*app, a, status, [=](node_link& link) { return end(link, *key, *yes, a->json); });
}

}  // namespace

void add_session(CLI::App& app, int& status) {
  auto* session = app.add_subcommand("session", "Look at sessions, and end them")->require_subcommand(1);
  auto* list = session->add_subcommand("list", "List sessions, the oldest first; dead ones too until they are swept");
  const auto who = std::make_shared<std::string>();
  list->add_option("--user", *who, "Of this user alone: id or e-mail address");
  add_session_list(*list, who, status, "authnzctl session list --user ada@example.org");
  add_show(*session, status);
  add_end(*session, status);
}

}  // namespace authnz::ctl
