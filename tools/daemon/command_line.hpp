/// Reads the command line: `--name=value` or `--name value` for every item,
/// and a few options of its own.
///
/// It is a small parser of our own because two rules are foreign to CLI11:
/// the environment goes before the command line, and an empty value counts as
/// absent (CLI11 takes the next argument as the value of `--name=`). The names
/// come from the table of items anyway.
#pragma once

#include <map>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "tools/daemon/config_items.hpp"

namespace authnz::daemon {

inline constexpr int exit_ok = 0;
inline constexpr int exit_start_error = 1;
inline constexpr int exit_usage_error = 2;

/// Why the program does not start; one line, without any secret's value.
struct start_error {
  int exit_code = exit_start_error;
  std::string text;
};

struct command_line {
  bool help = false;
  bool version = false;
  bool print_config = false;
  bool configuration_markdown = false;  ///< for maintainers; not in the help
  bool configuration_man = false;       ///< the same
  bool autosetup = false;
  bool yes = false;     ///< autosetup asks nothing
  std::string envfile;  ///< empty if there is none
  /// Option without dashes -> value; the last one wins. Blank ones are absent.
  std::map<std::string, std::string, std::less<>> values;
};

/// `arguments` without the program's name.
tl::expected<command_line, start_error> parse_command_line(std::span<const std::string> arguments);

/// The one of all options that is most like `unknown`; empty if none is near.
std::string nearest_option(std::string_view unknown);

}  // namespace authnz::daemon
