#include "tools/ctl/apikey_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/credential_lists.hpp"

namespace authnz::ctl {

namespace {

int revoke(node_link& link, const std::string& key, bool yes, bool as_json) {
  const auto sure = confirm("Revoke the API key " + key + ", and all keys that were refreshed from the same one?", yes);
  if (!sure) return fail(sure.error());
  const auto revoked = link.ask(proto::question::apikey_revoke, {{"key", key}});
  if (!revoked) return fail(revoked.error());
  if (as_json) {
    print_json(*revoked);
  } else {
    std::cout << "revoked: " << key_cell(*revoked) << " of user " << cell(*revoked, "user_id")
              << (revoked->value("family_revoked", false) ? ", with its family" : "") << '\n';
  }
  return exit_done;
}

}  // namespace

void add_apikey(CLI::App& app, int& status) {
  auto* apikey = app.add_subcommand("apikey", "Look at API keys, and revoke them")->require_subcommand(1);
  auto* list = apikey->add_subcommand("list", "List API keys, the oldest first; dead ones too until they are swept");
  const auto who = std::make_shared<std::string>();
  list->add_option("--user", *who, "Of this user alone: id or e-mail address");
  add_apikey_list(*list, who, status, "authnzctl apikey list --user 7 --json");

  auto* revokes = apikey->add_subcommand("revoke", "Revoke one API key, with its family if it has one");
  const auto key = std::make_shared<std::string>();
  revokes->add_option("key", *key, "Its key, or the beginning of it")->required();
  const auto yes = add_yes(*revokes);
  const auto a = add_asking(*revokes, "authnzctl apikey revoke 18a1f3c29b7d4e05a1b2 --yes");
  ask_when_called(*revokes, a, status, [=](node_link& link) { return revoke(link, *key, *yes, a->json); });
}

}  // namespace authnz::ctl
