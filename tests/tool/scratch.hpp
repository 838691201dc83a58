/// A directory that lives as long as a test, and what a process finds around it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/daemon/config.hpp"

namespace authnz::daemon {

inline constexpr std::string_view a_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
inline constexpr std::string_view another_key = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "authnz-tool-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = std::filesystem::canonical(name);
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  std::string file(std::string_view name, std::string_view content, mode_t mode = 0600) const {
    const auto full = *this / name;
    std::ofstream(full) << content;
    ::chmod(full.c_str(), mode);
    return full;
  }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

inline int mode_of(const std::filesystem::path& file) {
  struct stat facts {};
  return ::lstat(file.c_str(), &facts) == 0 ? static_cast<int>(facts.st_mode & 07777) : -1;
}

/// A process in the scratch directory with no variables but those given.
inline surroundings around(const scratch& dir, variable_map variables = {}) {
  surroundings s;
  s.environment = std::move(variables);
  s.working_directory = dir.path();
  s.home_directory = "/home/ada";
  s.user = "ada";
  s.cores = 3;
  s.host_name = [] { return std::string("host.example.org"); };
  return s;
}

/// The two secrets that every start needs, and more.
inline variable_map with_secrets(variable_map more = {}) {
  more.emplace("AUTHNZERVER_SECRET", a_key);
  more.emplace("AUTHNZERVER_PIISALT", "a grain of salt");
  return more;
}

inline tl::expected<config, start_error> load(const surroundings& s, std::vector<std::string> arguments = {},
                                              purpose what_for = purpose::serving) {
  const auto line = parse_command_line(arguments);
  if (!line) return tl::unexpected(line.error());
  return load_config(*line, s, what_for);
}

/// The error's text; empty when there is none.
inline std::string refusal(const surroundings& s, std::vector<std::string> arguments = {}) {
  const auto c = load(s, std::move(arguments));
  return c ? std::string() : c.error().text;
}

}  // namespace authnz::daemon
