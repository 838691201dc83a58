#include "tools/ctl/limits_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/every_node.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

struct whose {
  std::string client;
  std::string user;
  bool everybody = false;
};

struct limits_options {
  asking_ptr base;
  whose of;
  bool all = false;  ///< nodes of the cluster
  std::shared_ptr<bool> yes;
};
using options_ptr = std::shared_ptr<limits_options>;

void add_whose(CLI::App& command, whose& w) {
  command.add_option("--client", w.client, "Address of a frontend's client");
  command.add_option("--user", w.user, "E-mail address, or id of the user who has it");
}

tl::expected<json, link_error> arguments_of(const whose& w) {
  json out = json::object();
  if (!w.user.empty()) {
    auto person = person_arguments(w.user);
    if (!person) return person;
    out = std::move(*person);
  }
  if (!w.client.empty()) out["client"] = w.client;
  if (w.everybody) out["all"] = true;
  return out;
}

tl::expected<answers_of_all, link_error> ask(node_link& link, question what, const limits_options& o) {
  const auto arguments = arguments_of(o.of);
  if (!arguments) return tl::unexpected(arguments.error());
  if (o.all) return ask_all(link, what, *arguments);
  auto answer = link.ask(what, *arguments);
  if (!answer) return tl::unexpected(answer.error());
  return answers_of_all{{{asked_node(link), std::move(*answer)}}, {}};
}

/// Of all, each with its node.
json json_of(const answers_of_all& answers) {
  json out{{"nodes", json::array()}, {"missing", answers.missing}};
  for (const auto& [node, answer] : answers.nodes) {
    out["nodes"].push_back(answer);
    out["nodes"].back()["node"] = node;
  }
  return out;
}

struct shown_column {
  const char* member;
  column title;
  const char* unit = "";
};

/// The rows `list` of the answers; whose they are, if they are of all nodes.
table rows_of(const answers_of_all& answers, const char* list, const std::vector<shown_column>& columns, bool all) {
  std::vector<column> titles;
  if (all) titles.push_back({"NODE"});
  for (const auto& c : columns) titles.push_back(c.title);
  table t(std::move(titles));
  for (const auto& [node, answer] : answers.nodes) {
    for (const auto& row : answer.value(list, json::array())) {
      std::vector<std::string> cells;
      if (all) cells.push_back(node);
      for (const auto& c : columns) cells.push_back(cell(row, c.member) + c.unit);
      t.add(std::move(cells));
    }
  }
  return t;
}

void print_census(const answers_of_all& answers, bool all) {
  print(rows_of(answers, "requests",
                {{"request", {"REQUEST"}},
                 {"not_full", {"NOT FULL", align::right}},
                 {"empty", {"EMPTY", align::right}},
                 {"per_minute", {"A MINUTE", align::right}},
                 {"capacity", {"CAPACITY", align::right}}},
                all),
        "nobody has used any of a limit");
}

void print_standing(const answers_of_all& answers, bool all) {
  print(rows_of(answers, "limits",
                {{"request", {"REQUEST"}},
                 {"of", {"OF"}},
                 {"counted_with", {"COUNTED WITH"}},
                 {"left", {"LEFT", align::right}},
                 {"capacity", {"CAPACITY", align::right}},
                 {"per_minute", {"A MINUTE", align::right}},
                 {"seconds", {"MORE IN", align::right}, "s"}},
                all),
        "nothing of a limit is used");
}

int show(node_link& link, const limits_options& o) {
  const auto answers = ask(link, question::limits, o);
  if (!answers) return fail(answers.error());
  if (o.base->json) {
    print_json(o.all ? json_of(*answers) : answers->nodes.begin()->second);
    return answers->missing.empty() ? exit_done : exit_refused;
  }
  for (const auto& [node, answer] : answers->nodes)
    if (!answer.value("enabled", true))
      std::cerr << (o.all ? "Node " + printable(node) : "This node") << " limits nobody: ratelimits is none.\n";
  o.of.client.empty() && o.of.user.empty() ? print_census(*answers, o.all) : print_standing(*answers, o.all);
  return tell_missing(answers->missing);
}

int clear(node_link& link, const limits_options& o) {
  if (o.of.everybody) {
    const std::string where = o.all ? "on all nodes?" : "on node " + printable(asked_node(link)) + "?";
    if (const auto sure = confirm("Forget what everybody has used of the rate limits " + where, *o.yes); !sure)
      return fail(sure.error());
  }
  const auto answers = ask(link, question::limits_clear, o);
  if (!answers) return fail(answers.error());
  if (o.base->json) {
    auto out = json_of(*answers);
    std::uint64_t sum = 0;
    for (const auto& [node, answer] : answers->nodes) sum += answer.value("cleared", std::uint64_t{0});
    out["cleared"] = sum;
    print_json(o.all ? out : answers->nodes.begin()->second);
    return answers->missing.empty() ? exit_done : exit_refused;
  }
  for (const auto& [node, answer] : answers->nodes)
    std::cout << (o.all ? printable(node) + ": " : "") << "limits cleared: " << cell(answer, "cleared") << '\n';
  return tell_missing(answers->missing);
}

void add_show(CLI::App& limits, int& status) {
  auto* command = limits.add_subcommand("show",
                                        "How many are limited, by request; or what one caller has left.\n\n"
                                        "In a cluster each bucket is counted by one of the nodes, its owner. Shown "
                                        "are those of the node that is\n"
                                        "asked (--node), or with --all those of every node. Others than the owner may "
                                        "have a copy from the time\n"
                                        "when they were the owner, or could not reach it: the owner's has the least "
                                        "left, as a rule.");
  auto o = std::make_shared<limits_options>();
  add_whose(*command, o->of);
  command->add_flag("--all", o->all, "As every node of the cluster counts them, through the links between them");
  o->base = add_asking(*command, "authnzctl limits show --all --client 192.0.2.7");
  ask_when_called(*command, o->base, status, [o](node_link& link) { return show(link, *o); });
}

void add_clear(CLI::App& limits, int& status) {
  auto* command = limits.add_subcommand("clear",
                                        "Give one caller, or all, the whole of their limits again.\n\n"
                                        "In a cluster, on the node that is asked (--node), which counts a part of all "
                                        "buckets; on every node with\n"
                                        "--all, which alone means everybody's.");
  auto o = std::make_shared<limits_options>();
  auto* group = command->add_option_group("whose")->require_option(1, 3);
  add_whose(*group, o->of);
  group->add_flag("--everybody", o->of.everybody, "Everybody's")->excludes("--client")->excludes("--user");
  group->add_flag("--all", o->all, "On all nodes of the cluster; everybody's if nobody is named");
  o->yes = add_yes(*command);
  o->base = add_asking(*command, "authnzctl limits clear --all --user ada@example.org");
  ask_when_called(*command, o->base, status, [o](node_link& link) {
    if (o->of.client.empty() && o->of.user.empty()) o->of.everybody = true;
    return clear(link, *o);
  });
}

}  // namespace

void add_limits(CLI::App& app, int& status) {
  auto* limits = app.add_subcommand("limits", "Rate limits: who is limited")->require_subcommand(1);
  add_show(*limits, status);
  add_clear(*limits, status);
}

}  // namespace authnz::ctl
