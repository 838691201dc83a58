#include "tools/ctl/confirm.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

namespace authnz::ctl {

std::shared_ptr<bool> add_yes(CLI::App& command) {
  auto yes = std::make_shared<bool>(false);
  command.add_flag("-y,--yes", *yes, "Do not ask");
  return yes;
}

tl::expected<void, link_error> confirm(const std::string& question, bool yes) {
  if (yes) return {};
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
    return tl::unexpected(
        link_error{exit_usage, "unconfirmed", question + " There is no terminal to ask on; say --yes to do it"});
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return tl::unexpected(link_error{exit_refused, "unconfirmed", "nothing was done"});
}

}  // namespace authnz::ctl
