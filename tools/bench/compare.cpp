#include "tools/bench/compare.hpp"

#include <iostream>

#include "tools/bench/bench_server.hpp"

namespace authnz::bench {

namespace {

template <class T>
using result = tl::expected<T, std::string>;

result<void> measure_both(const compare_command& command) {
  const temporary_directory dir;
  const auto started = bench_server::start({command.server, command.settings, command.connections}, dir.path());
  if (!started) return tl::unexpected(started.error());
  auto& load = **started;
  const auto body = load.one_answer();
  if (!body) return tl::unexpected(body.error());
  const auto bare_port = free_port();
  const auto yardstick = start_listening({(own_directory() / "authnz-bench").string(), "bare", "--port",
                                          std::to_string(bare_port), "--body-size", std::to_string(body->size())},
                                         {}, dir.path() / "bare.log", bare_port);
  if (!yardstick) return tl::unexpected(yardstick.error());

  series server{.name = "server", .rates = {}, .cpu = {}, .all = {}};
  series bare{.name = "bare", .rates = {}, .cpu = {}, .all = {}};
  for (const auto port : {load.port(), bare_port})
    if (auto done = load.warm_up(port); !done) return done;
  for (unsigned i = 0; i < command.rounds; ++i) {
    if (auto done = load.measure(server, load.process(), load.port(), command.seconds); !done) return done;
    if (auto done = load.measure(bare, *yardstick, bare_port, command.seconds); !done) return done;
  }
  print(std::cout, server, bare);
  if (server.all.not_ok() + server.all.broken + server.all.failed_checks > 0)
    return tl::unexpected(std::string("not every answer was right, so the numbers mean little"));
  return {};
}

}  // namespace

int run(const compare_command& command) {
  const auto done = measure_both(command);
  if (done) return 0;
  std::cerr << done.error() << '\n';
  return 1;
}

}  // namespace authnz::bench
