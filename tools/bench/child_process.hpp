/// A process that is started, measured, and always stopped and reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace authnz::bench {

class child_process {
 public:
  /// `environment` replaces ours; lines `NAME=value`. Its output goes to
  /// `log_file`, or to ours when that is empty.
  static tl::expected<child_process, std::string> start(const std::vector<std::string>& command,
                                                        const std::vector<std::string>& environment,
                                                        const std::string& log_file);
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;
  ~child_process();  ///< SIGTERM, after 5 s SIGKILL; waits

  /// Waits until something listens on a loopback port. False when the process
  /// has ended, or the time is over.
  bool wait_for_port(std::uint16_t port, std::chrono::seconds at_most);
  /// Whether it has ended by itself by then.
  bool wait_for_end(std::chrono::seconds at_most);
  /// Processor time that all of its threads have used, user and system.
  std::chrono::nanoseconds cpu_time() const;

 private:
  explicit child_process(pid_t pid) : pid_(pid) {}
  bool has_ended();

  pid_t pid_;  // 0 = none, or reaped
};

/// A loopback port that was free a moment ago; 0 when there is none.
std::uint16_t free_port();

}  // namespace authnz::bench
