#include "tools/bench/compare.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/bench/child_process.hpp"
#include "tools/bench/http_answer.hpp"
#include "tools/bench/report.hpp"
#include "tools/bench/sealed_requests.hpp"

namespace authnz::bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
template <class T>
using result = tl::expected<T, std::string>;

constexpr std::chrono::seconds start_time{60};
constexpr std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
constexpr std::uint64_t first_guess = 50'000;  // requests a second
constexpr std::uint64_t most_made_ahead = 400'000;

class temporary_directory {
 public:
  temporary_directory() {
    std::string pattern = (fs::temp_directory_path() / "authnz-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> server_environment(const fs::path& dir, const std::string& key, std::uint16_t port,
                                            const std::vector<std::string>& further) {
  const auto base = dir.string();
  std::vector<std::string> env{"HOME=" + base,
                               "PATH=/usr/bin:/bin",
                               "AUTHNZERVER_SECRET=" + key,
                               "AUTHNZERVER_PIISALT=none",
                               "AUTHNZERVER_BASEDIR=" + base,
                               "AUTHNZERVER_AUTHDB=lmdb://" + base + "/store",
                               "AUTHNZERVER_LISTEN=127.0.0.1",
                               "AUTHNZERVER_PORT=" + std::to_string(port),
                               "AUTHNZERVER_RATELIMITS=none",
                               "AUTHNZERVER_PWNEDPASSWORDS=off",
                               "AUTHNZERVER_SERVERNAME=bench.example",
                               "AUTHNZERVER_ADMIN_EMAIL=admin@bench.example",
                               "AUTHNZERVER_ADMIN_PASSWORD=" + new_key()};
  env.insert(env.end(), further.begin(), further.end());
  return env;
}

std::string last_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  for (std::string l; std::getline(in, l);)
    if (!l.empty()) line = l;
  return line;
}

result<child_process> start(const std::vector<std::string>& command, const std::vector<std::string>& env,
                            const fs::path& log, std::uint16_t port) {
  auto child = child_process::start(command, env, log.string());
  if (child && !child->wait_for_port(port, start_time))
    return tl::unexpected(command.front() + " does not listen: " + last_line(log));
  return child;
}

result<json> ask(std::uint16_t port, const std::string& key, std::string_view request, const json& body) {
  auto requests = sealed_requests::make(key, request, body.dump());
  if (!requests) return tl::unexpected(requests.error());
  const auto sealed = ask_once("127.0.0.1", port, requests->next());
  if (!sealed) return tl::unexpected(sealed.error());
  const auto opened = requests->open(*sealed);
  if (!opened) return tl::unexpected(opened.error());
  auto answer = json::parse(*opened, nullptr, false);
  if (answer.is_discarded() || !answer.value("success", false))
    return tl::unexpected(std::string(request) + " fails: " + *opened);
  return answer;
}

// Both servers and the load they share.
class comparison {
 public:
  explicit comparison(const compare_command& command) : command_(command) {}
  result<void> prepare();
  result<void> measure();

 private:
  result<load_result> load(std::uint16_t port, std::chrono::nanoseconds duration);
  result<void> measure(series& s, const child_process& process, std::uint16_t port);
  result<void> open_session();

  const compare_command& command_;
  temporary_directory dir_;
  std::string key_ = new_key();
  std::uint16_t server_port_ = 0;
  std::uint16_t bare_port_ = 0;
  std::optional<child_process> server_process_;
  std::optional<child_process> bare_process_;
  std::optional<sealed_requests> requests_;
  double expected_rate_ = first_guess;
};

result<void> comparison::prepare() {
  if (dir_.path().empty()) return tl::unexpected(std::string("cannot make a temporary directory"));
  const auto self = fs::read_symlink("/proc/self/exe");
  const auto server = command_.server.empty() ? self.parent_path() / "authnzerver" : fs::path(command_.server);
  server_port_ = free_port();
  auto started = start({server.string()}, server_environment(dir_.path(), key_, server_port_, command_.settings),
                       dir_.path() / "server.log", server_port_);
  if (!started) return tl::unexpected(started.error());
  server_process_.emplace(std::move(*started));
  if (auto opened = open_session(); !opened) return opened;

  const auto body = ask_once("127.0.0.1", server_port_, requests_->next());
  if (!body) return tl::unexpected(body.error());
  bare_port_ = free_port();
  auto yardstick =
      start({self.string(), "bare", "--port", std::to_string(bare_port_), "--body-size", std::to_string(body->size())},
            {}, dir_.path() / "bare.log", bare_port_);
  if (!yardstick) return tl::unexpected(yardstick.error());
  bare_process_.emplace(std::move(*yardstick));
  return {};
}

result<void> comparison::open_session() {
  const auto answer = ask(server_port_, key_, "session-new",
                          {{"ip_address", "127.0.0.1"},
                           {"user_agent", "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0"},
                           {"user_id", nullptr},
                           {"expires", 7},
                           {"extra_info_json", {{"page", "start"}}}});
  if (!answer) return tl::unexpected(answer.error());
  const json check{{"session_token", answer->at("response").value("session_token", "")}};
  auto requests = sealed_requests::make(key_, "session-exists", check.dump());
  if (!requests) return tl::unexpected(requests.error());
  requests_.emplace(std::move(*requests));
  return {};
}

result<load_result> comparison::load(std::uint16_t port, std::chrono::nanoseconds duration) {
  const double needed = expected_rate_ * 1.3 * std::chrono::duration<double>(duration).count();
  requests_->prepare(static_cast<std::uint64_t>(std::min<double>(needed, most_made_ahead)));
  const load_options o{.port = port,
                       .connections = command_.connections,
                       .duration = duration,
                       .check_every = port == server_port_ ? 5000U : 0U};
  return run_load(
      o, [&] { return requests_->next(); },
      [&](std::string_view body) {
        const auto opened = requests_->open(body);
        return opened && opened->find(R"("success":true)") != std::string::npos;
      });
}

result<void> comparison::measure(series& s, const child_process& process, std::uint16_t port) {
  const auto seconds = std::chrono::duration<double>(command_.seconds);
  const auto before = process.cpu_time();
  const auto r = load(port, std::chrono::duration_cast<std::chrono::nanoseconds>(seconds));
  if (!r) return tl::unexpected(r.error());
  const auto used = std::chrono::duration<double, std::micro>(process.cpu_time() - before).count();
  if (r->latency.total() == 0) return tl::unexpected(s.name + " answers nothing");
  s.rates.push_back(r->per_second());
  s.cpu.push_back(used / static_cast<double>(r->latency.total()));
  s.all.add(*r);
  return {};
}

result<void> comparison::measure() {
  series server{.name = "server", .rates = {}, .cpu = {}, .all = {}};
  series bare{.name = "bare", .rates = {}, .cpu = {}, .all = {}};
  for (const auto port : {server_port_, bare_port_}) {
    const auto r = load(port, warm_up);
    if (!r) return tl::unexpected(r.error());
    expected_rate_ = std::max(r->per_second(), 1000.0);
  }
  for (unsigned i = 0; i < command_.rounds; ++i) {
    if (auto done = measure(server, *server_process_, server_port_); !done) return done;
    if (auto done = measure(bare, *bare_process_, bare_port_); !done) return done;
  }
  print(std::cout, server, bare);
  if (server.all.not_ok() + server.all.broken + server.all.failed_checks > 0)
    return tl::unexpected(std::string("not every answer was right, so the numbers mean little"));
  return {};
}

}  // namespace

int run(const compare_command& command) {
  comparison c(command);
  auto done = c.prepare();
  if (done) done = c.measure();
  if (done) return 0;
  std::cerr << done.error() << '\n';
  return 1;
}

}  // namespace authnz::bench
