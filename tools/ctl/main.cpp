// authnzctl: looks at the server's tables, makes keys, and asks a server.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "proto/base64.hpp"
#include "proto/token.hpp"
#include "tools/ctl/actors_command.hpp"
#include "tools/ctl/apikey_command.hpp"
#include "tools/ctl/audit_command.hpp"
#include "tools/ctl/calibrate_command.hpp"
#include "tools/ctl/call_command.hpp"
#include "tools/ctl/certs_command.hpp"
#include "tools/ctl/cluster_command.hpp"
#include "tools/ctl/completion_command.hpp"
#include "tools/ctl/config_command.hpp"
#include "tools/ctl/fsck_command.hpp"
#include "tools/ctl/limits_command.hpp"
#include "tools/ctl/log_command.hpp"
#include "tools/ctl/mail_command.hpp"
#include "tools/ctl/mail_templates_command.hpp"
#include "tools/ctl/manual.hpp"
#include "tools/ctl/node_command.hpp"
#include "tools/ctl/policy_command.hpp"
#include "tools/ctl/session_command.hpp"
#include "tools/ctl/tables.hpp"
#include "tools/ctl/top/top_command.hpp"
#include "tools/ctl/trace_command.hpp"
#include "tools/ctl/user_command.hpp"
#include "tools/version.hpp"

namespace {

using namespace authnz;

constexpr int usage_error = 2;

std::string new_key() {
  std::array<unsigned char, 32> bytes{};
  proto::random_bytes(bytes);
  return proto::base64_url({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                           proto::base64_padding::required);
}

void add_call(CLI::App& app, ctl::call_options& o, int& status) {
  auto* call = app.add_subcommand("call", "Ask a server: seals a request, prints the opened answer as JSON");
  call->add_option("request", o.request, "Name of the request, e.g. user-list")->required();
  call->add_option("body", o.body, "Its items as a JSON object; - reads standard input")->capture_default_str();
  call->add_option("--url", o.url, "Where the server listens")->capture_default_str()->envname("AUTHNZ_URL");
  call->add_option("--key-file", o.key_file, "File of the shared key")
      ->capture_default_str()
      ->envname("AUTHNZ_KEY_FILE");
  call->add_option("--client", o.client, "Address of the frontend's client, for rate limits")->capture_default_str();
  call->add_option("--cafile", o.ca_file, "PEM file of authorities to trust, with https");
  call->add_option("--timeout", o.timeout_seconds, "Seconds to wait for the answer")->capture_default_str();
  call->callback([&] { status = ctl::call(o); });
}

void add_calibrate(CLI::App& app, ctl::calibrate_options& o, int& status) {
  auto* argon2 = app.add_subcommand("argon2", "The cost of password hashes")->require_subcommand(1);
  auto* calibrate = argon2->add_subcommand(
      "calibrate",
      "Measure this machine and print a line of the configuration.\n\n"
      "Computes password hashes as the server does, one at a time and in one thread, and finds what comes\n"
      "nearest to the target without passing it: first as much memory as --memory-kib and the target allow,\n"
      "with 2 passes, then, if that leaves time, more passes (RFC 9106). Never proposes less than m=19456,t=2\n"
      "(OWASP), even if that takes longer than the target; a warning says so.\n\n"
      "The server takes hashers x m of memory, and hashers is the number of cores by default. A hash takes\n"
      "longer than measured while all hashers compute, or other programs. Run it where the server will run.\n\n"
      "The output can be appended to a file for --envfile. Stored hashes stay good; logins renew them.");
  calibrate->add_option("--target-ms", o.target_ms, "Milliseconds of computing that a hash may take")
      ->capture_default_str()
      ->check(CLI::Range(1, 60000));
  calibrate->add_option("--memory-kib", o.most_memory_kib, "Most memory of a hash; default: a quarter of all, by cores")
      ->check(CLI::Range(ctl::least_memory_kib, 1048576U));
  calibrate->add_option("--max-time-cost", o.most_passes, "Most passes")
      ->capture_default_str()
      ->check(CLI::Range(ctl::least_passes, 64U));
  calibrate->add_flag("--json", o.json, "As JSON");
  calibrate->callback([&] { status = ctl::calibrate(o); });
}

/// Commands by what they are for; the rest are tables and tools of this machine.
void group_commands(CLI::App& app) {
  const auto group = [&](const char* name, std::initializer_list<std::string_view> commands) {
    for (auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
      if (std::ranges::find(commands, command->get_name()) != commands.end()) command->group(name);
  };
  group("Look at a node", {"node", "actors", "actor", "top", "trace", "audit", "fsck", "config", "log"});
  group("Act on a node", {"user", "session", "apikey", "mail", "limits", "policy"});
  group("Nodes that serve together", {"cluster"});
  group("Without a link to a node",
        {"requests", "codes", "newkey", "call", "argon2", "mail-templates", "certs", "completion"});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Looks into and asks an authnzerver.\n\n"
      "Exit status: 0 done, and with `call` the answer is a success, with `policy` and `mail-templates`\n"
      "it is fine or granted; 1 it is a failure, broken, denied or refused, or there is no such thing; 2 the\n"
      "command line is wrong; 3 there was no answer."};
  app.set_version_flag("--version", std::string(tools::version));
  app.require_subcommand(1);
  int status = 0;

  bool json = false;
  auto* requests = app.add_subcommand("requests", "List the requests that servers of this version accept");
  requests->add_flag("--json", json, "As JSON");
  requests->callback([&] { ctl::print_requests(std::cout, json); });
  auto* codes = app.add_subcommand("codes", "List failure reasons and message codes");
  codes->add_flag("--json", json, "As JSON");
  codes->callback([&] { ctl::print_codes(std::cout, json); });
  app.add_subcommand("newkey", "Print a new Fernet key")->callback([] { std::cout << new_key() << '\n'; });
  ctl::call_options call;
  add_call(app, call, status);
  ctl::calibrate_options calibrate;
  add_calibrate(app, calibrate, status);
  ctl::add_policy(app, status);
  ctl::add_mail_templates(app, status);
  ctl::add_certs(app, status);
  ctl::add_node(app, status);
  ctl::add_actors(app, status);
  ctl::add_top(app, status);
  ctl::add_trace(app, status);
  ctl::add_audit(app, status);
  ctl::add_user(app, status);
  ctl::add_session(app, status);
  ctl::add_apikey(app, status);
  ctl::add_mail(app, status);
  ctl::add_limits(app, status);
  ctl::add_cluster(app, status);
  ctl::add_fsck(app, status);
  ctl::add_config(app, status);
  ctl::add_log(app, status);
  ctl::add_completion(app);
  app.add_flag_callback(
      "--help-man", [&app] { throw CLI::CallForVersion(ctl::manual_text(app), 0); },
      "Print the commands as a part of a manual page");
  group_commands(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage_error;
  }
  return status;
}
