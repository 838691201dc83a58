#include "tests/actor/range_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace authnz::tests {

certificates::certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "range-server-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return;
  directory_ = pattern;
  std::ofstream(file("names")) << "subjectAltName=DNS:localhost\n";
  const std::string script =
      "cd '" + directory_ +
      "' && for ca in ca other-ca; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
      "-subj \"/CN=$ca\" -keyout $ca.key -out $ca.pem || exit 1; done && "
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key "
      "-out server.csr && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
      "-extfile names -out server.pem";
  ok_ = std::system(("( " + script + " ) >'" + directory_ + "/log' 2>&1").c_str()) == 0;
}

certificates::~certificates() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

range_server::range_server(const certificates* tls) {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return;
  std::vector<std::string> words{AUTHNZ_PYTHON, AUTHNZ_SOURCE_DIR "/tests/actor/range_server.py"};
  if (tls != nullptr) words.insert(words.end(), {tls->file("server.pem"), tls->file("server.key")});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  FILE* port = fdopen(out[0], "r");
  if (port == nullptr || std::fscanf(port, "%d", &port_) != 1) port_ = 0;
  if (port != nullptr) std::fclose(port);
}

void range_server::stop() {
  if (input_ >= 0) close(input_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  input_ = pid_ = -1;
}

}  // namespace authnz::tests
