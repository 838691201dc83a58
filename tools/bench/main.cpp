/// authnz-bench: puts load on a server and tells how fast it answers.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tools/bench/bare_listener.hpp"
#include "tools/bench/compare.hpp"
#include "tools/bench/load_command.hpp"
#include "tools/bench/watched.hpp"

namespace {

using namespace authnz::bench;

void describe_load(CLI::App& app, load_command& c) {
  app.add_option("--url", c.url, "The server, as http://HOST:PORT")->required();
  app.add_option("--secret-file", c.secret_file,
                 "File that holds the server's Fernet key; of several the first is used")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--request", c.request, "Name of the request")->capture_default_str();
  app.add_option("--body", c.body, "Items of the request, a JSON object")->capture_default_str();
  app.add_option("--connections", c.load.connections, "Keep-alive connections, of all threads together")
      ->capture_default_str()
      ->check(CLI::Range(1, 60000));
  app.add_option("--threads", c.threads, "Threads that send")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_option("--seconds", c.seconds, "How long to send")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rate", c.load.rate,
                 "Requests a second. Latency then counts from the moment a request was due. "
                 "Without it each connection sends as soon as it has an answer")
      ->check(CLI::PositiveNumber);
}

// What the commands that start a server have in common.
template <class Command>
void describe_pairs(CLI::App& app, Command& c, const char* rounds) {
  app.add_option("--server", c.server, "Path of authnzerver (default: next to this program)");
  app.add_option("--connections", c.connections, "Keep-alive connections")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--seconds", c.seconds, "Length of one measurement")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", c.rounds, rounds)->capture_default_str()->check(CLI::Range(1, 100));
}

void describe_compare(CLI::App& app, compare_command& c) {
  describe_pairs(app, c, "Pairs of measurements, server and bare in turn");
  app.add_option("--setting", c.settings, "Further environment of the server, NAME=value; may be repeated");
}

void describe_watched(CLI::App& app, watched_command& c) {
  describe_pairs(app, c, "Pairs of measurements, watched and alone in turn");
  app.add_option("--watcher", c.watcher, "Path of authnzctl (default: next to this program)");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Puts load on an authnzerver and tells how fast it answers.", "authnz-bench"};
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  authnz-bench load --url http://127.0.0.1:13431 --secret-file .authnzerver-secret-key \\\n"
      "      --request session-exists --body '{\"session_token\":\"...\"}' --connections 64 --seconds 5\n"
      "  authnz-bench compare\n\n"
      "The server must run without rate limits (AUTHNZERVER_RATELIMITS=none), or it refuses most of the load.");

  load_command load;
  auto* const load_app = app.add_subcommand("load", "Put load on a running server");
  describe_load(*load_app, load);

  std::uint16_t port = 0;
  std::size_t body_size = 1024;
  auto* const bare_app = app.add_subcommand("bare", "Serve a fixed body with plain Boost.Beast: the yardstick");
  bare_app->add_option("--port", port, "Port on loopback")->required();
  bare_app->add_option("--body-size", body_size, "Bytes of the body")->capture_default_str();

  compare_command compare;
  auto* const compare_app =
      app.add_subcommand("compare", "Start a server and the yardstick, and measure session checks on both in turn");
  describe_compare(*compare_app, compare);

  watched_command watched;
  auto* const watched_app =
      app.add_subcommand("watched", "Measure session checks with and without a watching administrator");
  describe_watched(*watched_app, watched);

  CLI11_PARSE(app, argc, argv);
  if (*watched_app) return run(watched);
  if (*bare_app) return run_bare_listener(port, body_size);
  return *load_app ? run(load) : run(compare);
}
