#include "tests/actor/python_peer.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace authnz::tests {

python_peer::python_peer(const std::string& script, std::vector<std::string> arguments) {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return;
  arguments.insert(arguments.begin(), {AUTHNZ_PYTHON, AUTHNZ_SOURCE_DIR "/tests/actor/" + script});
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = fdopen(out[0], "r");
  port_ = std::atoi(line().c_str());
}

std::string python_peer::line() {
  std::string text;
  if (output_ == nullptr) return text;
  for (int c = std::getc(output_); c != EOF && c != '\n'; c = std::getc(output_)) text += static_cast<char>(c);
  return text;
}

std::vector<std::string> python_peer::finish() {
  if (input_ >= 0) close(input_);
  input_ = -1;
  std::vector<std::string> lines;
  for (std::string text = line(); !text.empty(); text = line()) lines.push_back(text);
  return lines;
}

void python_peer::stop() {
  if (input_ >= 0) close(input_);
  if (output_ != nullptr) std::fclose(output_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  input_ = pid_ = -1;
  output_ = nullptr;
}

}  // namespace authnz::tests
