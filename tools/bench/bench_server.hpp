/// A server of our own under load: started in a directory of its own, with a
/// session that is asked for, and stopped and removed with everything it made.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "tools/bench/child_process.hpp"
#include "tools/bench/load.hpp"
#include "tools/bench/report.hpp"
#include "tools/bench/sealed_requests.hpp"

namespace authnz::bench {

class temporary_directory {
 public:
  temporary_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "authnz-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  /// Empty if it could not be made.
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct bench_server_options {
  std::string server;                 ///< path of authnzerver; empty = next to this program
  std::vector<std::string> settings;  ///< NAME=value, into the server's environment
  unsigned connections = 64;
};

/// Starts a process that listens on a loopback port.
tl::expected<child_process, std::string> start_listening(const std::vector<std::string>& command,
                                                         const std::vector<std::string>& environment,
                                                         const std::filesystem::path& log, std::uint16_t port);

/// The directory that this program is in.
std::filesystem::path own_directory();

class bench_server {
 public:
  /// In `dir`, which must outlive it.
  static tl::expected<std::unique_ptr<bench_server>, std::string> start(const bench_server_options& options,
                                                                        const std::filesystem::path& dir);

  std::uint16_t port() const { return port_; }
  const child_process& process() const { return *process_; }
  /// The bytes of one sealed answer.
  tl::expected<std::string, std::string> one_answer();

  /// Session checks on a port, this server's or another's that answers the same
  /// requests somehow; answers are looked at if they are this server's.
  tl::expected<load_result, std::string> load(std::uint16_t port, std::chrono::nanoseconds duration);
  /// A second of load that is not measured.
  tl::expected<void, std::string> warm_up(std::uint16_t port);
  /// Adds a measurement of `process`, which listens on `port`.
  tl::expected<void, std::string> measure(series& s, const child_process& process, std::uint16_t port, double seconds);

 private:
  bench_server() = default;
  tl::expected<void, std::string> open_session();

  unsigned connections_ = 64;
  std::string key_;
  std::uint16_t port_ = 0;
  std::optional<child_process> process_;
  std::optional<sealed_requests> requests_;
  double expected_rate_ = 0;
};

}  // namespace authnz::bench
