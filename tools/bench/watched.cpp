#include "tools/bench/watched.hpp"

#include <iostream>

#include "tools/bench/bench_server.hpp"

namespace authnz::bench {

namespace {

namespace fs = std::filesystem;
template <class T>
using result = tl::expected<T, std::string>;

constexpr std::chrono::seconds certificates_time{20};

/// Looks once a second while it lives.
class watcher {
 public:
  watcher(fs::path program, const fs::path& dir, std::uint16_t port)
      : program_(std::move(program)),
        certs_((dir / "certs").string()),
        log_((dir / "watcher.log").string()),
        node_("127.0.0.1:" + std::to_string(port)) {}

  result<void> make_certificates() const {
    auto made = child_process::start({program_.string(), "certs", "init", "--dir", certs_}, environment(), log_);
    if (!made) return tl::unexpected(made.error());
    if (made->wait_for_end(certificates_time) && fs::exists(certs_ + "/node.pem")) return {};
    return tl::unexpected("authnzctl certs init failed; see " + log_);
  }
  result<child_process> look() const {
    return child_process::start(
        {program_.string(), "actors", "--watch", "1", "--json", "--node", node_, "--certs", certs_}, environment(),
        log_);
  }
  const std::string& certs() const { return certs_; }

 private:
  static std::vector<std::string> environment() { return {"PATH=/usr/bin:/bin", "TERM=dumb"}; }

  fs::path program_;
  std::string certs_;
  std::string log_;
  std::string node_;
};

result<void> measure_both(const watched_command& command) {
  const temporary_directory dir;
  const auto admin_port = free_port();
  const watcher watching(command.watcher.empty() ? own_directory() / "authnzctl" : fs::path(command.watcher),
                         dir.path(), admin_port);
  if (auto made = watching.make_certificates(); !made) return made;
  const bench_server_options options{
      command.server,
      {"AUTHNZERVER_ADMINPORT=" + std::to_string(admin_port), "AUTHNZERVER_ADMINCERTS=" + watching.certs()},
      command.connections};
  const auto started = bench_server::start(options, dir.path());
  if (!started) return tl::unexpected(started.error());
  auto& load = **started;

  series watched{.name = "watched", .rates = {}, .cpu = {}, .all = {}};
  series alone{.name = "alone", .rates = {}, .cpu = {}, .all = {}};
  if (auto done = load.warm_up(load.port()); !done) return done;
  for (unsigned i = 0; i < command.rounds; ++i) {
    {
      auto looking = watching.look();
      if (!looking) return tl::unexpected(looking.error());
      if (auto done = load.measure(watched, load.process(), load.port(), command.seconds); !done) return done;
      if (looking->wait_for_end(std::chrono::seconds(0)))
        return tl::unexpected(std::string("the watcher ended; the numbers mean nothing"));
    }
    if (auto done = load.measure(alone, load.process(), load.port(), command.seconds); !done) return done;
  }
  print(std::cout, watched, alone);
  if (watched.all.not_ok() + watched.all.broken + watched.all.failed_checks > 0)
    return tl::unexpected(std::string("not every answer was right, so the numbers mean little"));
  return {};
}

}  // namespace

int run(const watched_command& command) {
  const auto done = measure_both(command);
  if (done) return 0;
  std::cerr << done.error() << '\n';
  return 1;
}

}  // namespace authnz::bench
