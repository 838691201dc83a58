#include "tools/ctl/password_input.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>

namespace authnz::ctl {

namespace {

constexpr std::size_t longest_line = 65536;

/// While it lives the terminal does not show what is typed, and an interrupt
/// ends the reading instead of the program, which would leave it so.
class quiet_terminal {
 public:
  quiet_terminal() {
    struct sigaction ignore {};
    ignore.sa_handler = [](int) {};
    ::sigaction(SIGINT, &ignore, &interrupt_);
    // It comes while the reader waits, and at no other time.
    sigset_t interrupts;
    ::sigemptyset(&interrupts);
    ::sigaddset(&interrupts, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &interrupts, &mask_);
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~quiet_terminal() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    ::sigaction(SIGINT, &interrupt_, nullptr);
  }
  quiet_terminal(const quiet_terminal&) = delete;
  quiet_terminal& operator=(const quiet_terminal&) = delete;

  /// False if it was interrupted before.
  bool wait() const {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::ppoll(&input, 1, nullptr, &mask_) > 0;
  }

 private:
  termios before_{};
  struct sigaction interrupt_ {};
  sigset_t mask_{};
  bool changed_ = false;
};

/// A line without its end; nothing if there is none.
std::optional<proto::secret> read_line() {
  std::string line;
  line.reserve(longest_line);  // so that no copy is left behind
  for (char c = 0; line.size() < longest_line;) {
    const auto n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 || (n == 0 && line.empty())) return std::nullopt;
    if (n == 0 || c == '\n') break;
    line.push_back(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  return proto::secret(std::move(line));
}

tl::unexpected<link_error> refuse(int status, std::string text) {
  return tl::unexpected(link_error{status, "no-password", std::move(text)});
}

// A terminal has nothing to read before a line is whole.
std::optional<proto::secret> asked(const quiet_terminal& terminal, std::string_view question) {
  std::cerr << question << std::flush;
  if (!terminal.wait()) return std::nullopt;
  return read_line();
}

}  // namespace

tl::expected<proto::secret, link_error> read_new_password(bool from_stdin) {
  if (from_stdin) {
    auto line = read_line();
    if (!line || line->empty()) return refuse(exit_usage, "there is no password on standard input");
    return std::move(*line);
  }
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
    return refuse(exit_usage,
                  "there is no terminal to ask for the password; give it on standard input: --password-stdin");
  const quiet_terminal quiet;
  for (;;) {
    auto first = asked(quiet, "New password: ");
    if (!first || first->empty()) return refuse(exit_refused, "nothing was done");
    const auto second = asked(quiet, "Once more: ");
    if (!second) return refuse(exit_refused, "nothing was done");
    if (*first == *second) return std::move(*first);
    std::cerr << "The two differ.\n";
  }
}

tl::expected<proto::secret, link_error> ask_password(const std::string& question, const std::string& instead) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
    return refuse(exit_usage, "there is no terminal to ask for the password: " + instead);
  const quiet_terminal quiet;
  auto given = asked(quiet, question);
  if (!given || given->empty()) return refuse(exit_refused, "nothing was done");
  return std::move(*given);
}

}  // namespace authnz::ctl
