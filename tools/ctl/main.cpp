// authnzctl: looks at the server's tables, makes keys, and asks a server.
#include <CLI/CLI.hpp>
#include <iostream>

#include "proto/base64.hpp"
#include "proto/token.hpp"
#include "tools/ctl/call_command.hpp"
#include "tools/ctl/tables.hpp"
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Looks into and asks an authnzerver.\n\n"
      "Exit status: 0 done, and with `call` the answer is a success; 1 the answer is a failure;\n"
      "2 the command line is wrong; 3 there was no answer."};
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

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage_error;
  }
  return status;
}
