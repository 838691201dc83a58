#include "tools/ctl/log_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"

namespace authnz::ctl {

namespace {

int level(node_link& link, const std::string& wanted, bool as_json) {
  auto arguments = nlohmann::json::object();
  if (!wanted.empty()) arguments["level"] = wanted;
  const auto answer = link.ask(proto::question::log_level, arguments);
  if (!answer) return fail(answer.error());
  if (as_json)
    print_json(*answer);
  else
    std::cout << cell(*answer, "level") << '\n';
  return exit_done;
}

}  // namespace

void add_log(CLI::App& app, int& status) {
  auto* log = app.add_subcommand("log", "What a node logs")->require_subcommand(1);
  auto* levels = log->add_subcommand("level", "Show the least level that is logged, or set it until the next start");
  const auto wanted = std::make_shared<std::string>();
  levels->add_option("level", *wanted, "The new one")->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  const auto a = add_asking(*levels, "authnzctl log level debug");
  ask_when_called(*levels, a, status, [=](node_link& link) { return level(link, *wanted, a->json); });
}

}  // namespace authnz::ctl
