/// `authnz-bench watched`: session checks on a server that an administrator
/// watches, against the same server unwatched, in turn: what does it cost to
/// be looked at?
#pragma once

#include <string>
#include <vector>

namespace authnz::bench {

struct watched_command {
  std::string server;   ///< path of authnzerver; empty = next to this program
  std::string watcher;  ///< path of authnzctl; empty = next to this program
  unsigned connections = 64;
  double seconds = 1.5;  ///< of one measurement
  unsigned rounds = 31;  ///< the difference is small, and machines are noisy
};

/// Prints a table; the process's exit status. The watcher takes a look a
/// second, as `authnzctl top` does.
int run(const watched_command& command);

}  // namespace authnz::bench
