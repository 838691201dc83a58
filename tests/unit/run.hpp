/// Runs another program from a test.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace authnz::tests {

/// Gives `input` to a shell command and returns what it writes; "failed" when
/// it does not exit with 0.
inline std::string run(const std::string& command, std::string_view input = {}) {
  std::string name = (std::filesystem::temp_directory_path() / "authnz-test-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) return "failed";
  ::close(file);
  std::ofstream{name} << input;
  std::string output;
  FILE* pipe = ::popen((command + " < " + name).c_str(), "r");
  char buffer[4096];
  while (pipe != nullptr) {
    const auto n = std::fread(buffer, 1, sizeof buffer, pipe);
    if (n == 0) break;
    output.append(buffer, n);
  }
  const bool good = pipe != nullptr && ::pclose(pipe) == 0;
  std::filesystem::remove(name);
  return good ? output : "failed";
}

}  // namespace authnz::tests
