#include "tools/ctl/config_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/reload.hpp"

namespace authnz::ctl {

using nlohmann::json;

namespace {

int show(node_link& link, bool changed, bool as_json) {
  auto answer = link.ask(proto::question::configuration);
  if (!answer) return fail(answer.error());
  auto& items = (*answer)["items"];
  if (changed)
    items.erase(
        std::remove_if(items.begin(), items.end(), [](const json& i) { return cell(i, "source") == "default"; }),
        items.end());
  if (as_json) {
    print_json(*answer);
    return exit_done;
  }
  table t({{"ITEM"}, {"VALUE"}, {"FROM"}});
  for (const auto& item : items) t.add({cell(item, "name"), cell(item, "value"), cell(item, "source")});
  print(t, "all items have their defaults");
  return exit_done;
}

}  // namespace

void add_config(CLI::App& app, int& status) {
  auto* config = app.add_subcommand("config", "A node's configuration")->require_subcommand(1);
  auto* shows = config->add_subcommand("show", "Show every item, its value and where it is from; no secrets");
  const auto changed = std::make_shared<bool>(false);
  shows->add_flag("--changed", *changed, "Those alone that are not defaults");
  const auto a = add_asking(*shows, "authnzctl config show --changed");
  ask_when_called(*shows, a, status, [=](node_link& link) { return show(link, *changed, a->json); });

  auto* reloads = config->add_subcommand(
      "reload", "Have the node read its files and environment again, as SIGHUP does; what is broken is kept as it was");
  const auto b = add_asking(*reloads, "authnzctl config reload");
  ask_when_called(*reloads, b, status, [=](node_link& link) { return reload(link, b->json); });
}

}  // namespace authnz::ctl
