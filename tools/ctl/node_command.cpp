#include "tools/ctl/node_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/node_link.hpp"
#include "tools/ctl/table.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

std::string shown(const std::string& name, const json& value) {
  if (name == "uptime_s" && value.is_number_unsigned())
    return shown_age(std::chrono::seconds(value.get<std::uint64_t>()));
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', true, json::error_handler_t::replace);
}

int show(node_link& link, bool as_json) {
  const auto answer = link.ask(proto::question::node);
  if (!answer) return fail(answer.error());
  if (as_json) {
    std::cout << answer->dump(2, ' ', true, json::error_handler_t::replace) << '\n';
  } else {
    table facts({{"FACT"}, {"VALUE"}});
    for (const auto& [name, value] : answer->items())
      facts.add({name == "uptime_s" ? "uptime" : name, shown(name, value)});
    print(facts);
  }
  const auto ready = answer->find("ready");
  return ready != answer->end() && *ready == false ? exit_refused : exit_done;
}

}  // namespace

void add_node(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("node", "Say who a node is, since when it runs, and whether it is ready");
  const auto node = add_node_options(*command);
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "As JSON");
  command->callback([node, as_json, &status] {
    status = with_node(*node, [as_json](node_link& link) { return show(link, *as_json); });
  });
}

}  // namespace authnz::ctl
