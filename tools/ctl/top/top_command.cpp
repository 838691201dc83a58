#include "tools/ctl/top/top_command.hpp"

#include <CLI/CLI.hpp>
#include <cmath>

#include "tools/ctl/every_node.hpp"
#include "tools/ctl/interrupted.hpp"
#include "tools/ctl/node_link.hpp"
#include "tools/ctl/top/screen.hpp"
#include "tools/ctl/top/watcher.hpp"

namespace authnz::ctl {

namespace {

struct top_options {
  std::shared_ptr<node_options> node;
  double interval = 1;  ///< seconds
  bool all = false;     ///< nodes of the cluster
};

void take_in(top::model& m, top::watcher& from) {
  auto news = from.take();
  m.unknown = std::move(news.unknown);
  for (auto& seen : news.seen) {
    if (seen.look)
      m.see(seen.node, std::move(*seen.look));
    else
      m.lose(seen.node, std::move(seen.trouble), std::move(seen.last_answer));
  }
}

/// Before the screen is taken: what is wrong from the start is said in a line.
tl::expected<std::string, link_error> name_of(const node_options& options) {
  const auto link = node_link::connect(options);
  if (!link) return tl::unexpected(link.error());
  return asked_node(*link);
}

int watch(const top_options& o) {
  const auto asked = name_of(*o.node);
  if (!asked) return fail(asked.error());
  auto opened = top::screen::open();
  if (!opened) return fail({exit_usage, "no-terminal", opened.error()});
  const interruption noted;
  top::model m;
  m.address = o.node->node;
  m.all = o.all;
  m.ask(*asked);
  top::watcher looks(*o.node, std::chrono::milliseconds(std::llround(o.interval * 1000)), *asked, o.all);
  const auto& screen = *opened;
  while (!m.over && !interruption::came()) {
    take_in(m, looks);
    m.furthest = furthest_scroll(m, screen->size());
    screen->draw(render(m, screen->size()));
    while (const auto key = screen->key()) {
      m.press(*key);
      if (m.over) break;
      m.furthest = furthest_scroll(m, screen->size());
      screen->draw(render(m, screen->size()));
    }
  }
  // Before the watcher ends, which may take as long as an answer.
  opened->reset();
  return exit_done;
}

}  // namespace

void add_top(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "top",
      "Watch a node, or with --all those of its cluster, on the whole screen: actors, requests, hashers, journal,\n"
      "LMDB, connections, limits, mail.\n\n"
      "With --all the node that is asked passes the others' figures on, through the links between them. Who does\n"
      "not answer stays on the screen, with the reason, and is asked again.\n\n"
      "? lists the keys. NO_COLOR is respected; nothing is told by colour alone.");
  auto o = std::make_shared<top_options>();
  command->add_option("--interval", o->interval, "Seconds between looks")
      ->capture_default_str()
      ->check(CLI::Range(0.2, 60.0));
  command->add_flag("--all", o->all, "All nodes of the cluster; a single node alone");
  o->node = add_node_options(*command);
  command->footer("Example: authnzctl top --all --interval 2");
  command->callback([o, &status] { status = watch(*o); });
}

}  // namespace authnz::ctl
