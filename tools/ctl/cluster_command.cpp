#include "tools/ctl/cluster_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/cluster_init.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

// A node asks every member of etcd, and one that is gone takes seconds.
constexpr std::chrono::milliseconds patience{20'000};

std::string joined(const json& row, const char* name) {
  std::string out;
  for (const auto& one : row.value(name, json::array()))
    if (one.is_string()) out += (out.empty() ? "" : ", ") + one.get<std::string>();
  return out;
}

std::string size_cell(const json& row, const char* name) { return shown_bytes(row.value(name, std::uint64_t{0})); }

/// `b, c; none to d`.
std::string links_cell(const json& answer) {
  const auto links = answer.find("links");
  if (links == answer.end() || !links->is_array()) return "none are wanted: clusterport is 0";
  std::string up;
  std::string down;
  for (const auto& row : *links) {
    auto& list = row.value("linked", false) ? up : down;
    list += (list.empty() ? "" : ", ") + cell(row, "node");
  }
  if (down.empty()) return up;
  return up + (up.empty() ? "none to " : "; none to ") + down;
}

void print_facts(const json& answer) {
  table facts({{"FACT"}, {"VALUE"}});
  const auto age = cell(answer, "age_ms");
  for (const auto* name : {"cluster", "node", "prefix"}) facts.add({name, cell(answer, name)});
  facts.add({"reads", cell(answer, "consistency") + ", within " + cell(answer, "bound_ms") + " ms"});
  facts.add({"fresh", cell(answer, "fresh")});
  facts.add({"age of the state", age.empty() ? "unknown" : age + " ms"});
  facts.add({"revision", cell(answer, "applied") + " of " + cell(answer, "head")});
  for (const auto* name : {"registered", "drained"}) facts.add({name, cell(answer, name)});
  facts.add({"duties", joined(answer, "duties")});
  facts.add({"links to", links_cell(answer)});
  facts.add({"batches", cell(answer, "batches") + ", " + cell(answer, "unknown_outcomes") + " of unknown outcome"});
  facts.add({"rebuilds", cell(answer, "rebuilds")});
  facts.add({"reconnects", cell(answer, "reconnects")});
  print(facts);
}

void print_etcd(const json& members) {
  table t({{"ETCD"},
           {"NAME"},
           {"VERSION"},
           {"ANSWERS"},
           {"LEADS"},
           {"REVISION", align::right},
           {"SIZE", align::right},
           {"IN USE", align::right},
           {"TOOK", align::right},
           {"ALARMS"}});
  for (const auto& row : members) {
    if (!row.value("answers", false)) {
      t.add({cell(row, "endpoint"), cell(row, "name"), "", "no"});
      continue;
    }
    t.add({cell(row, "endpoint"), cell(row, "name"), cell(row, "version"), "yes", cell(row, "leads"),
           cell(row, "revision"), size_cell(row, "bytes"), size_cell(row, "bytes_in_use"),
           shown_duration(std::chrono::microseconds(row.value("took_us", std::int64_t{0}))), joined(row, "alarms")});
  }
  print(t, "no etcd is configured");
}

int show_status(node_link& link, bool as_json) {
  const auto answer = link.ask(question::cluster_status, json::object(), patience);
  if (!answer) return fail(answer.error());
  const auto problems = answer->value("problems", json::array());
  if (as_json) {
    print_json(*answer);
  } else {
    print_facts(*answer);
    std::cout << '\n';
    print_etcd(answer->value("etcd", json::array()));
    std::cout << '\n' << (problems.empty() ? "nothing is wrong\n" : "");
    for (const auto& one : problems)
      if (one.is_string()) std::cout << "wrong: " << printable(one.get<std::string>()) << '\n';
  }
  return problems.empty() ? exit_done : exit_refused;
}

int show_members(node_link& link, bool as_json) {
  const auto answer = link.ask(question::cluster_members, json::object(), patience);
  if (!answer) return fail(answer.error());
  if (as_json) {
    print_json(*answer);
    return exit_done;
  }
  table t({{"NODE"}, {"ADDRESS"}, {"VERSION"}, {"STARTED"}, {"DUTIES"}, {"LINKED"}});
  for (const auto& row : answer->value("members", json::array()))
    t.add({cell(row, "node") + (row.value("this", false) ? " *" : ""), cell(row, "address"), cell(row, "version"),
           time_cell(row, "started"), joined(row, "duties"), cell(row, "linked")});
  print(t, "no node is registered");
  return exit_done;
}

int drain(node_link& link, bool yes, bool as_json) {
  const auto name = cell(link.hello(), "node");
  if (const auto sure =
          confirm("Have node " + printable(name) + " say that it is not ready until it is restarted?", yes);
      !sure)
    return fail(sure.error());
  const auto answer = link.ask(question::cluster_drain, json::object(), patience);
  if (!answer) return fail(answer.error());
  if (as_json)
    print_json(*answer);
  else
    std::cout << "drained: " << printable(cell(*answer, "node")) << "; stop it when its frontends have left it\n";
  return exit_done;
}

}  // namespace

void add_cluster(CLI::App& app, int& status) {
  auto* cluster = app.add_subcommand("cluster", "The nodes that serve together over one etcd")->require_subcommand(1);

  auto* state = cluster->add_subcommand(
      "status", "How recent a node's state is, how etcd is, and what is wrong: exit status 1 if anything is");
  const auto a = add_asking(*state, "authnzctl cluster status --node 192.0.2.7:13432");
  ask_when_called(*state, a, status, [=](node_link& link) { return show_status(link, a->json); });

  auto* members = cluster->add_subcommand("members", "The nodes that run, and what each does for all");
  const auto b = add_asking(*members, "authnzctl cluster members");
  ask_when_called(*members, b, status, [=](node_link& link) { return show_members(link, b->json); });

  auto* drains = cluster->add_subcommand(
      "drain", "Prepare a node's stop: others take its duties over, and balancers see that it is not ready");
  const auto yes = add_yes(*drains);
  const auto c = add_asking(*drains, "authnzctl cluster drain --node 192.0.2.7:13432 --yes");
  ask_when_called(*drains, c, status, [=](node_link& link) { return drain(link, *yes, c->json); });

  add_cluster_init(*cluster, status);
}

}  // namespace authnz::ctl
