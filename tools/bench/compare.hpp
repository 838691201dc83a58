/// `authnz-bench compare`: session checks on a real server against the same
/// load on the yardstick, measured in turn, because machines change their mind.
#pragma once

#include <string>
#include <vector>

namespace authnz::bench {

struct compare_command {
  std::string server;  ///< path of authnzerver; empty = next to this program
  unsigned connections = 64;
  double seconds = 3;  ///< of one measurement
  unsigned rounds = 5;
  std::vector<std::string> settings;  ///< NAME=value, into the server's environment
};

/// Prints a table; the process's exit status. Starts two processes and makes a
/// directory of its own, and removes all of it.
int run(const compare_command& command);

}  // namespace authnz::bench
