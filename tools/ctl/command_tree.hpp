/// The commands and options of a command line as data, for what is made of
/// them: completion scripts and manual pages.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace authnz::ctl {

struct described_option {
  std::vector<std::string> names;  ///< `--limit`, `-y`; empty = a positional argument
  std::string label;               ///< what stands for the value, `KEY`; empty = takes none
  std::vector<std::string> choices;
  std::string preset;  ///< its default; empty = none
  std::string help;
  std::string group;
  bool required = false;
};

struct described_command {
  std::string path;  ///< `user list`; empty = the program itself
  std::string help;
  std::string footer;
  std::vector<described_option> options;
  std::vector<std::string> subcommands;
};

/// The program first, then every command behind the one it belongs to.
std::vector<described_command> describe(const CLI::App& program);

}  // namespace authnz::ctl
