/// Starts a server in Python that a test talks to.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace authnz::tests {

/// A process that prints its port, serves until its standard input ends, and
/// ends with this object at the latest.
class python_peer {
 public:
  /// `script` is a file of tests/actor.
  python_peer(const std::string& script, std::vector<std::string> arguments);
  ~python_peer() { stop(); }
  python_peer(const python_peer&) = delete;
  python_peer& operator=(const python_peer&) = delete;

  /// 0 when the server did not start.
  int port() const { return port_; }
  /// The next line that it prints; empty when it has ended.
  std::string line();
  /// Ends its standard input; the lines that it prints until its end.
  std::vector<std::string> finish();
  void stop();

 private:
  int pid_ = -1;
  int input_ = -1;
  std::FILE* output_ = nullptr;
  int port_ = 0;
};

}  // namespace authnz::tests
