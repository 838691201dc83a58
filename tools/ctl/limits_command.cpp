#include "tools/ctl/limits_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

struct whose {
  std::string client;
  std::string user;
  bool all = false;
};
using whose_ptr = std::shared_ptr<whose>;

whose_ptr add_whose(CLI::App& command) {
  auto w = std::make_shared<whose>();
  command.add_option("--client", w->client, "Address of a frontend's client");
  command.add_option("--user", w->user, "E-mail address, or id of the user who has it");
  return w;
}

tl::expected<json, link_error> arguments_of(const whose& w) {
  json out = json::object();
  if (!w.user.empty()) {
    auto person = person_arguments(w.user);
    if (!person) return person;
    out = std::move(*person);
  }
  if (!w.client.empty()) out["client"] = w.client;
  if (w.all) out["all"] = true;
  return out;
}

void print_census(const json& answer) {
  table t({{"REQUEST"},
           {"NOT FULL", align::right},
           {"EMPTY", align::right},
           {"A MINUTE", align::right},
           {"CAPACITY", align::right}});
  for (const auto& row : answer.at("requests"))
    t.add({cell(row, "request"), cell(row, "not_full"), cell(row, "empty"), cell(row, "per_minute"),
           cell(row, "capacity")});
  print(t, "nobody has used any of a limit");
}

void print_standing(const json& answer) {
  table t({{"REQUEST"},
           {"OF"},
           {"COUNTED WITH"},
           {"LEFT", align::right},
           {"CAPACITY", align::right},
           {"A MINUTE", align::right},
           {"MORE IN", align::right}});
  for (const auto& row : answer.at("limits"))
    t.add({cell(row, "request"), cell(row, "of"), cell(row, "counted_with"), cell(row, "left"), cell(row, "capacity"),
           cell(row, "per_minute"), cell(row, "seconds") + "s"});
  print(t, "nothing of a limit is used");
}

int show(node_link& link, const whose& w, bool as_json) {
  const auto arguments = arguments_of(w);
  if (!arguments) return fail(arguments.error());
  const auto answer = link.ask(question::limits, *arguments);
  if (!answer) return fail(answer.error());
  if (as_json) {
    print_json(*answer);
    return exit_done;
  }
  if (!answer->value("enabled", true)) std::cerr << "This node limits nobody: ratelimits is none.\n";
  answer->contains("limits") ? print_standing(*answer) : print_census(*answer);
  return exit_done;
}

int clear(node_link& link, const whose& w, bool yes, bool as_json) {
  const auto arguments = arguments_of(w);
  if (!arguments) return fail(arguments.error());
  if (w.all)
    if (const auto sure = confirm("Forget what everybody has used of the rate limits?", yes); !sure)
      return fail(sure.error());
  const auto answer = link.ask(question::limits_clear, *arguments);
  if (!answer) return fail(answer.error());
  if (as_json)
    print_json(*answer);
  else
    std::cout << "limits cleared: " << cell(*answer, "cleared") << '\n';
  return exit_done;
}

}  // namespace

void add_limits(CLI::App& app, int& status) {
  auto* limits = app.add_subcommand("limits", "Rate limits: who is limited")->require_subcommand(1);
  auto* shows = limits->add_subcommand(
      "show", "How many are limited, by request; or what one caller has left. Of a cluster, the buckets on this node");
  const auto shown = add_whose(*shows);
  const auto a = add_asking(*shows, "authnzctl limits show --client 192.0.2.7");
  ask_when_called(*shows, a, status, [=](node_link& link) { return show(link, *shown, a->json); });

  auto* clears = limits->add_subcommand(
      "clear", "Give one caller, or all, the whole of their limits again. Of a cluster, on this node");
  const auto cleared = std::make_shared<whose>();
  auto* group = clears->add_option_group("whose")->require_option(1, 2);
  group->add_option("--client", cleared->client, "Address of a frontend's client");
  group->add_option("--user", cleared->user, "E-mail address, or id of the user who has it");
  group->add_flag("--all", cleared->all, "Everybody's");
  const auto yes = add_yes(*clears);
  const auto b = add_asking(*clears, "authnzctl limits clear --user ada@example.org");
  ask_when_called(*clears, b, status, [=](node_link& link) { return clear(link, *cleared, *yes, b->json); });
}

}  // namespace authnz::ctl
