/// `authnz-bench load`: load on a running server.
#pragma once

#include <string>

#include "tools/bench/load.hpp"

namespace authnz::bench {

struct load_command {
  std::string url;
  std::string secret_file;
  std::string request = "session-exists";
  std::string body = R"({"session_token":"none"})";
  double seconds = 5;
  unsigned threads = 1;
  load_options load;
};

/// Prints what it found; the process's exit status.
int run(const load_command& command);

}  // namespace authnz::bench
