#include "tools/bench/load_command.hpp"

#include <charconv>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "tools/bench/report.hpp"
#include "tools/bench/sealed_requests.hpp"

namespace authnz::bench {

namespace {

// Of a few seconds at a high rate; what is needed beyond is made on the way.
constexpr std::uint64_t most_made_ahead = 300'000;
constexpr double expected_rate = 40'000;

std::string first_key(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  const auto all = text.str();
  const auto begin = all.find_first_not_of(" \t\r\n,");
  if (begin == std::string::npos) return {};
  return all.substr(begin, all.find_first_of(" \t\r\n,", begin) - begin);
}

bool read_url(std::string_view url, load_options& o) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return false;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  const auto colon = url.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  o.host = url.substr(0, colon);
  const auto* const end = url.data() + url.size();
  return std::from_chars(url.data() + colon + 1, end, o.port).ptr == end;
}

tl::expected<load_result, std::string> run_one(const load_options& o, const load_command& c, const std::string& key) {
  auto requests = sealed_requests::make(key, c.request, c.body);
  if (!requests) return tl::unexpected(requests.error());
  const double rate = o.rate > 0 ? o.rate : expected_rate / c.threads;
  requests->prepare(
      static_cast<std::uint64_t>(std::min(rate * c.seconds, static_cast<double>(most_made_ahead) / c.threads)));
  return run_load(
      o, [&] { return requests->next(); }, [&](std::string_view body) { return requests->open(body).has_value(); });
}

}  // namespace

int run(const load_command& command) {
  auto o = command.load;
  if (!read_url(command.url, o)) {
    std::cerr << "--url must be http://HOST:PORT\n";
    return 1;
  }
  o.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(command.seconds));
  o.connections = std::max(1U, o.connections / command.threads);
  o.rate /= command.threads;
  const auto key = first_key(command.secret_file);
  std::vector<std::optional<tl::expected<load_result, std::string>>> results(command.threads);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (auto& r : results) threads.emplace_back([&] { r = run_one(o, command, key); });
  }
  load_result all;
  for (const auto& r : results) {
    if (!*r) {
      std::cerr << r->error() << '\n';
      return 1;
    }
    all.add(**r);
  }
  print(std::cout, all);
  return all.latency.total() > 0 && all.failed_checks == 0 ? 0 : 1;
}

}  // namespace authnz::bench
