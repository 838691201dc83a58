#include "tools/daemon/prompt.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "tools/daemon/config_values.hpp"

namespace authnz::daemon {
namespace {

/// While it lives, the terminal does not show what is typed.
class echo_off {
 public:
  echo_off() : changed_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~echo_off() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  echo_off(const echo_off&) = delete;
  echo_off& operator=(const echo_off&) = delete;

 private:
  termios before_{};
  bool changed_;
};

std::string shown(std::string_view question, std::string_view preset) {
  return std::string(question) + " [" + std::string(preset) + "]: ";
}

}  // namespace

std::string prompt::line(const std::string& question) {
  if (how_ == manner::silent) return {};
  if (how_ == manner::terminal) out_ << question << std::flush;
  std::string answer;
  std::getline(in_, answer);
  return answer;
}

proto::secret prompt::hidden_line(const std::string& question) {
  if (how_ != manner::terminal) {
    const proto::secret whole(line(question));
    return proto::secret(std::string(trimmed(whole.reveal())));
  }
  const echo_off quiet;
  const proto::secret whole(line(question));
  out_ << "\n";
  return proto::secret(std::string(trimmed(whole.reveal())));
}

proto::secret prompt::hidden_twice(const std::string& question) {
  while (true) {
    auto answer = hidden_line(question);
    if (how_ != manner::terminal || answer.empty() || answer == hidden_line("Once more: ")) return answer;
    if (!in_) return {};
    out_ << "The two differ.\n";
  }
}

template <class Read, class Check>
tl::expected<void, std::string> prompt::until_right(std::string_view question, Read read, const Check& take) {
  while (true) {
    const auto wrong = take(read());
    if (!wrong) return {};
    if (how_ != manner::terminal || !in_) return tl::unexpected(std::string(question) + ": " + *wrong);
    out_ << *wrong << "\n";
  }
}

tl::expected<void, std::string> prompt::ask(std::string_view question, std::string_view preset, const check& take) {
  return until_right(
      question, [&] { return std::string(trimmed(line(shown(question, preset)))); }, take);
}

tl::expected<void, std::string> prompt::ask_secret(std::string_view question, std::string_view preset,
                                                   const secret_check& take) {
  return until_right(
      question, [&] { return hidden_twice(shown(question, preset)); }, take);
}

prompt::manner manner_of_standard_input() {
  return ::isatty(STDIN_FILENO) == 1 ? prompt::manner::terminal : prompt::manner::lines;
}

}  // namespace authnz::daemon
