#include "tools/bench/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

#include "tools/bench/socket.hpp"

namespace authnz::bench {

namespace {

constexpr std::chrono::milliseconds look_again{10};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  // posix_spawn does not write to them; its type is older than const.
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

tl::expected<child_process, std::string> child_process::start(const std::vector<std::string>& command,
                                                              const std::vector<std::string>& environment,
                                                              const std::string& log_file) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!log_file.empty()) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, command.front().c_str(), &actions, nullptr, pointers(command).data(),
                                 pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return tl::unexpected("cannot start " + command.front() + ": " + std::strerror(failed));
  return child_process(pid);
}

child_process::child_process(child_process&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}

child_process::~child_process() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  for (int i = 0; i < 500; ++i) {
    if (has_ended()) return;
    std::this_thread::sleep_for(look_again);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool child_process::has_ended() {
  if (pid_ != 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ == 0;
}

bool child_process::wait_for_port(std::uint16_t port, std::chrono::seconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < until) {
    if (has_ended()) return false;
    if (connect_to("127.0.0.1", port)) return true;
    std::this_thread::sleep_for(look_again);
  }
  return false;
}

bool child_process::wait_for_end(std::chrono::seconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!has_ended() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(look_again);
  return has_ended();
}

std::chrono::nanoseconds child_process::cpu_time() const {
  clockid_t clock{};
  timespec t{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &t) != 0) return {};
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

std::uint16_t free_port() {
  const descriptor s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(s.get(), generic, size) != 0 || getsockname(s.get(), generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

}  // namespace authnz::bench
