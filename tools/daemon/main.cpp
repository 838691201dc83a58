#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tools/daemon/autosetup.hpp"
#include "tools/daemon/command_line.hpp"
#include "tools/daemon/config.hpp"
#include "tools/daemon/config_text.hpp"
#include "tools/daemon/server.hpp"
#include "tools/daemon/signals.hpp"
#include "tools/daemon/surroundings.hpp"

namespace {

using namespace authnz::daemon;

/// One line on standard error, whatever the text holds.
void say(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  std::cerr << "authnzerver: " + text + "\n";
}

int refuse(const start_error& error) {
  say(error.text);
  return error.exit_code;
}

int set_up(const config& c, const command_line& line, const surroundings& around, const std::string& program) {
  prompt ask(std::cin, std::cout, line.yes ? prompt::manner::silent : manner_of_standard_input());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto done = autosetup(c, make_autosetup_actions(c), {ask, std::cout, program, around.home_directory, now});
  return done ? exit_ok : refuse({exit_start_error, done.error()});
}

int run(const std::string& program, const std::vector<std::string>& arguments) {
  const auto line = parse_command_line(arguments);
  if (!line) return refuse(line.error());
  if (line->help) return std::cout << help_text(), exit_ok;
  if (line->version) return std::cout << "authnzerver " AUTHNZ_VERSION "\n", exit_ok;
  if (line->configuration_markdown) return std::cout << configuration_markdown(), exit_ok;
  if (line->configuration_man) return std::cout << configuration_man(), exit_ok;
  const auto around = surroundings_of_process();
  const auto c = load_config(*line, around, line->autosetup ? purpose::setting_up : purpose::serving);
  if (!c) return refuse(c.error());
  if (!line->autosetup && !line->print_config) {
    block_signals();
    return run_server(*c, [&] { return load_config(*line, around); });
  }
  for (const auto& warning : c->warnings) say("warning: " + warning);
  if (line->print_config) return std::cout << effective_config_text(*c), exit_ok;
  return set_up(*c, *line, around, program);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 0 ? argv[0] : "authnzerver", {argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& e) {
    return refuse({exit_start_error, e.what()});
  }
}
