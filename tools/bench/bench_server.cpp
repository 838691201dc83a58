#include "tools/bench/bench_server.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/bench/http_answer.hpp"

namespace authnz::bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
template <class T>
using result = tl::expected<T, std::string>;

constexpr std::chrono::seconds start_time{60};
constexpr std::chrono::nanoseconds warm_up_time = std::chrono::seconds(1);
constexpr std::uint64_t first_guess = 50'000;  // requests a second
constexpr std::uint64_t most_made_ahead = 400'000;

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

}  // namespace

result<child_process> start_listening(const std::vector<std::string>& command, const std::vector<std::string>& env,
                                      const fs::path& log, std::uint16_t port) {
  auto child = child_process::start(command, env, log.string());
  if (child && !child->wait_for_port(port, start_time))
    return tl::unexpected(command.front() + " does not listen: " + last_line(log));
  return child;
}

fs::path own_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

result<std::unique_ptr<bench_server>> bench_server::start(const bench_server_options& options, const fs::path& dir) {
  if (dir.empty()) return tl::unexpected(std::string("cannot make a temporary directory"));
  std::unique_ptr<bench_server> made(new bench_server);
  made->connections_ = options.connections;
  made->key_ = new_key();
  made->expected_rate_ = first_guess;
  made->port_ = free_port();
  const auto program = options.server.empty() ? own_directory() / "authnzerver" : fs::path(options.server);
  auto started = start_listening({program.string()}, server_environment(dir, made->key_, made->port_, options.settings),
                                 dir / "server.log", made->port_);
  if (!started) return tl::unexpected(started.error());
  made->process_.emplace(std::move(*started));
  if (auto opened = made->open_session(); !opened) return tl::unexpected(opened.error());
  return made;
}

result<void> bench_server::open_session() {
  const auto answer = ask(port_, key_, "session-new",
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

result<load_result> bench_server::load(std::uint16_t port, std::chrono::nanoseconds duration) {
  const double needed = expected_rate_ * 1.3 * std::chrono::duration<double>(duration).count();
  requests_->prepare(static_cast<std::uint64_t>(std::min<double>(needed, most_made_ahead)));
  const load_options o{
      .port = port, .connections = connections_, .duration = duration, .check_every = port == port_ ? 5000U : 0U};
  return run_load(
      o, [&] { return requests_->next(); },
      [&](std::string_view body) {
        const auto opened = requests_->open(body);
        return opened && opened->find(R"("success":true)") != std::string::npos;
      });
}

result<void> bench_server::measure(series& s, const child_process& process, std::uint16_t port, double for_seconds) {
  const auto seconds = std::chrono::duration<double>(for_seconds);
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

result<std::string> bench_server::one_answer() { return ask_once("127.0.0.1", port_, requests_->next()); }

result<void> bench_server::warm_up(std::uint16_t port) {
  const auto r = load(port, warm_up_time);
  if (!r) return tl::unexpected(r.error());
  expected_rate_ = std::max(r->per_second(), 1000.0);
  return {};
}

}  // namespace authnz::bench
