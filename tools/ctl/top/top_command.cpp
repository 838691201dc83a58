#include "tools/ctl/top/top_command.hpp"

#include <CLI/CLI.hpp>
#include <cmath>

#include "tools/ctl/interrupted.hpp"
#include "tools/ctl/node_link.hpp"
#include "tools/ctl/top/screen.hpp"
#include "tools/ctl/top/watcher.hpp"

namespace authnz::ctl {

namespace {

struct top_options {
  std::shared_ptr<node_options> node;
  double interval = 1;  ///< seconds
};

void take_in(top::model& m, top::watcher& from) {
  auto seen = from.take();
  if (!seen) return;
  if (seen->look)
    m.see(std::move(*seen->look));
  else
    m.lose(std::move(seen->trouble), std::move(seen->last_answer));
}

int watch(const top_options& o) {
  // Before the screen is taken: what is wrong from the start is said in a line.
  if (const auto link = node_link::connect(*o.node); !link) return fail(link.error());
  auto opened = top::screen::open();
  if (!opened) return fail({exit_usage, "no-terminal", opened.error()});
  const interruption noted;
  top::model m;
  m.node = o.node->node;
  top::watcher looks(*o.node, std::chrono::milliseconds(std::llround(o.interval * 1000)));
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
      "Watch a node on the whole screen: actors, requests, hashers, journal, LMDB, connections, limits, mail.\n\n"
      "? lists the keys. NO_COLOR is respected; nothing is told by colour alone.");
  auto o = std::make_shared<top_options>();
  command->add_option("--interval", o->interval, "Seconds between looks")
      ->capture_default_str()
      ->check(CLI::Range(0.2, 60.0));
  o->node = add_node_options(*command);
  command->footer("Example: authnzctl top --interval 2");
  command->callback([o, &status] { status = watch(*o); });
}

}  // namespace authnz::ctl
