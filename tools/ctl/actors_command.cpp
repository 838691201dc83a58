#include "tools/ctl/actors_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>

#include "tools/ctl/actor_columns.hpp"
#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/every_node.hpp"
#include "tools/ctl/interrupted.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

struct actors_options {
  asking_ptr base;
  std::string sort;     ///< empty = as the node has them
  double watch = 0;     ///< seconds; 0 = show once
  double interval = 1;  ///< seconds between two looks; 0 = one look alone
  bool all = false;     ///< nodes of the cluster
};

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

json json_of(const actor_line& a) {
  const auto text = [](const std::string& t) { return t.empty() ? json() : json(t); };
  const auto time = [](const time_taken& t, std::chrono::microseconds q) {
    return t.events == 0 ? json() : json(q.count());
  };
  return {{"node", a.node},
          {"actor", a.actor},
          {"kind", a.kind},
          {"shard", a.shard},
          {"state", a.state},
          {"age_s", a.age.count()},
          {"restarts", a.restarts},
          {"last_error", text(a.last_error)},
          {"in_flight", a.in_flight},
          {"peak", a.peak},
          {"waiting", a.waiting},
          {"oldest_us", a.oldest.count()},
          {"handled", a.handled},
          {"handled_per_second", a.rate},
          {"failed", a.failed},
          {"wait_p50_us", time(a.wait, a.wait.p50)},
          {"wait_p99_us", time(a.wait, a.wait.p99)},
          {"service_p50_us", time(a.service, a.service.p50)},
          {"service_p99_us", time(a.service, a.service.p99)},
          {"memory_bytes", a.memory ? json(*a.memory) : json()},
          {"last_request", text(a.last_request)}};
}

tl::expected<answers_of_all, link_error> look_at(node_link& link, const actors_options& o) {
  if (o.all) return ask_all(link, proto::question::snapshot);
  auto answer = link.ask(proto::question::snapshot);
  if (!answer) return tl::unexpected(answer.error());
  return answers_of_all{{{std::string(), std::move(*answer)}}, {}};
}

/// What happened between two looks.
std::vector<node_look> between(const answers_of_all& before, const answers_of_all& now) {
  std::vector<node_look> out;
  for (const auto& [name, answer] : now.nodes) {
    const auto found = before.nodes.find(name);
    out.emplace_back(found == before.nodes.end() ? json() : found->second, answer);
  }
  return out;
}

void show(const std::vector<node_look>& looks, const std::vector<std::string>& missing, const actors_options& o) {
  const auto columns = actor_columns();
  std::vector<actor_line> lines;
  double seconds = 0;
  for (const auto& look : looks) {
    const auto more = look.actors();
    lines.insert(lines.end(), more.begin(), more.end());
    seconds = std::max(seconds, look.seconds());
  }
  for (const auto& c : columns)
    if (c.name == o.sort) sort_by(lines, c);
  if (o.base->json) {
    json out = json::array();
    for (const auto& a : lines) out.push_back(json_of(a));
    json all{{"seconds", seconds}, {"actors", std::move(out)}};
    if (o.all) all["missing"] = missing;
    // A line a look, for those who read as they come.
    if (o.watch > 0) std::cout << all.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
    return o.watch > 0 ? void() : print_json(all);
  }
  std::vector<column> titles;
  titles.reserve(columns.size());
  for (const auto& c : columns) titles.push_back({std::string(c.title), c.side});
  table t(std::move(titles));
  for (const auto& a : lines) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const auto& c : columns) cells.push_back(c.show(a));
    t.add(std::move(cells));
  }
  print(t);
}

int show_actors(node_link& link, const actors_options& o) {
  const interruption noted;
  answers_of_all before;
  if (o.interval > 0) {
    auto first = look_at(link, o);
    if (!first) return fail(first.error());
    before = std::move(*first);
    interruption::sleep(milliseconds_of(o.interval));
  }
  const bool clears = o.watch > 0 && !o.base->json && ::isatty(STDOUT_FILENO) != 0;
  bool whole = true;
  for (bool first = true; !interruption::came(); first = false) {
    auto now = look_at(link, o);
    if (!now) return fail(now.error());
    if (clears)
      std::cout << "\033[H\033[J";
    else if (!first && !o.base->json)
      std::cout << '\n';
    show(between(before, *now), now->missing, o);
    if (!o.base->json) tell_missing(now->missing);
    whole = now->missing.empty();
    std::cout << std::flush;
    if (o.watch <= 0) break;
    before = std::move(*now);
    interruption::sleep(milliseconds_of(o.watch));
  }
  return whole ? exit_done : exit_refused;
}

/// What an order holds up; empty if few notice.
std::string effect_of(const std::string& id, const std::string& order) {
  if (order == "resume") return {};
  if (order == "restart") return "what it has in hand is answered 503";
  const std::string kind = id.substr(0, id.find('-'));
  const std::string how = order == "pause" ? " wait, and are answered 503 after 10 s" : " are answered 503";
  if (kind == "ratelimit") return "all requests" + how;
  if (kind == "hasher") return "all logins and sign-ups" + how;
  for (const auto* decider : {"session", "user", "apikey", "policy", "mailer"})
    if (kind == decider) return "the requests that it decides" + how;
  return {};
}

struct order_options {
  asking_ptr base;
  std::string actor;
  std::string order;
  std::shared_ptr<bool> yes;
};

int give_order(node_link& link, const order_options& o) {
  if (const auto effect = effect_of(o.actor, o.order); !effect.empty()) {
    const auto verb = std::string(1, static_cast<char>(std::toupper(o.order.front()))) + o.order.substr(1);
    if (const auto sure = confirm(verb + " " + printable(o.actor) + " (" + effect + ")?", *o.yes); !sure)
      return fail(sure.error());
  }
  const auto answer = link.ask(proto::question::actor_control, {{"actor", o.actor}, {"order", o.order}});
  if (!answer) return fail(answer.error());
  if (o.base->json)
    print_json(*answer);
  else
    std::cout << printable(text_of(*answer, "actor")) << " is " << printable(text_of(*answer, "state")) << '\n';
  return exit_done;
}

void add_actor(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "actor",
      "Give one actor an order; it is written to the audit.\n\n"
      "pause    it takes work and lets it wait; what passes its deadline meanwhile (10 s) is answered 503\n"
      "resume   ends a pause and a drain\n"
      "restart  it ends behind what waits for it, and is started again at once\n"
      "drain    new work is answered 503 with Retry-After; what it has is finished");
  auto o = std::make_shared<order_options>();
  command->add_option("actor", o->actor, "Its name, as authnzctl actors shows it")->required();
  command->add_option("order", o->order, "What it shall do")
      ->required()
      ->check(CLI::IsMember({"pause", "resume", "restart", "drain"}));
  o->yes = add_yes(*command);
  o->base = add_asking(*command, "authnzctl actor user-0 drain --yes");
  ask_when_called(*command, o->base, status, [o](node_link& link) { return give_order(link, *o); });
}

}  // namespace

void add_actors(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "actors",
      "Show every actor: its state, what it has in hand, what waits, how much it does and how long that takes.\n\n"
      "Rates, and times if there were any, are of the time between two looks.");
  auto o = std::make_shared<actors_options>();
  std::vector<std::string> names;
  for (const auto& c : actor_columns()) names.emplace_back(c.name);
  command->add_option("--sort", o->sort, "Column to sort by; numbers from the greatest")->check(CLI::IsMember(names));
  command->add_flag("--all", o->all, "The actors of all nodes of the cluster, through the links between them");
  command->add_option("--watch", o->watch, "Show again and again, every so many seconds (2)")
      ->expected(0, 1)
      ->default_str("2")
      ->check(CLI::Range(0.2, 3600.0));
  command
      ->add_option("--interval", o->interval,
                   "Seconds between the two first looks; 0 = one look, rates since the start")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  o->base = add_asking(*command, "authnzctl actors --sort handled --watch 5");
  ask_when_called(*command, o->base, status, [o](node_link& link) { return show_actors(link, *o); });
  add_actor(app, status);
}

}  // namespace authnz::ctl
