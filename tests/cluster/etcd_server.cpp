#include "tests/cluster/etcd_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "net/curl_handles.hpp"

namespace authnz::tests {
namespace {

using namespace std::chrono_literals;

constexpr const char* etcd_program = "/usr/bin/etcd";
constexpr const char* etcdctl_program = "/usr/bin/etcdctl";

// Below the range from which the kernel takes ports for outgoing connections:
// else one could take a member's port while it is down.
std::uint16_t free_port() {
  thread_local std::mt19937 chance{std::random_device{}()};
  std::uniform_int_distribution<int> any(15000, 32000);
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(any(chance));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (is_free) return port;
  }
  return 0;
}

std::string content_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Its output goes to `log`. It ends with the thread that started it.
pid_t start_process(std::vector<std::string> command, const std::string& log) {
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = fork();
  if (pid != 0) {
    close(output);
    return pid;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(words[0], words.data());
  _exit(127);
}

bool is_ended(pid_t pid) {
  siginfo_t facts{};
  return waitid(P_PID, static_cast<id_t>(pid), &facts, WEXITED | WNOHANG | WNOWAIT) != 0 || facts.si_pid == pid;
}

std::size_t append(char* data, std::size_t, std::size_t size, void* body) {
  static_cast<std::string*>(body)->append(data, size);
  return size;
}

std::string sh_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

etcd_server::etcd_server(etcd_setup setup) : setup_(std::move(setup)) {
  error_ = start();
  if (ok() && setup_.authentication) error_ = make_users();
}

etcd_server::~etcd_server() {
  for (std::size_t n = 0; n < members_.size(); ++n) kill(n);
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::string etcd_server::start() {
  if (access(etcd_program, X_OK) != 0)
    return std::string(etcd_program) + " is missing: install the package etcd-server";
  if (access(etcdctl_program, X_OK) != 0)
    return std::string(etcdctl_program) + " is missing: install the package etcd-client";
  std::string pattern = (std::filesystem::temp_directory_path() / "authnz-etcd-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return "cannot make a directory for etcd";
  directory_ = pattern;
  if (setup_.tls)
    if (auto trouble = make_certificates(); !trouble.empty()) return trouble;

  // Somebody may take a port before etcd does.
  for (int tries = 0; tries < 3; ++tries) {
    members_.assign(setup_.members, {});
    for (auto& m : members_) m = {free_port(), free_port(), -1};
    for (std::size_t n = 0; n < members_.size(); ++n) {
      std::filesystem::remove_all(file("data-" + std::to_string(n)));
      members_[n].pid = start_process(command(n), file("log-" + std::to_string(n)));
    }
    bool all = true;
    for (std::size_t n = 0; n < members_.size(); ++n) all = all && wait_for(n);
    if (all) return {};
    for (std::size_t n = 0; n < members_.size(); ++n) kill(n);
  }
  return "etcd does not start: " + content_of(file("log-0"));
}

std::vector<std::string> etcd_server::command(std::size_t n) const {
  const auto peer_url = [&](std::size_t i) { return "http://127.0.0.1:" + std::to_string(members_[i].peer_port); };
  std::string all;
  for (std::size_t i = 0; i < members_.size(); ++i)
    all += (i == 0 ? "m" : ",m") + std::to_string(i) + "=" + peer_url(i);
  const std::string clients =
      (setup_.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(members_[n].client_port);
  std::vector<std::string> words{
      etcd_program, "--name", "m" + std::to_string(n), "--data-dir", file("data-" + std::to_string(n)),
      "--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peer_url(n),
      "--initial-advertise-peer-urls", peer_url(n), "--initial-cluster", all, "--initial-cluster-state", "new",
      "--unsafe-no-fsync", "--max-txn-ops", "1024", "--log-level", "error", "--bcrypt-cost", "4",
      // Elections are quicker than with etcd's own 100 and 1000.
      "--heartbeat-interval", "50", "--election-timeout", "500"};
  if (setup_.tls)
    for (const std::string& word :
         {std::string("--cert-file"), file("server.pem"), std::string("--key-file"), file("server.key"),
          std::string("--client-cert-auth"), std::string("--trusted-ca-file"), file("ca.pem")})
      words.push_back(word);
  words.insert(words.end(), setup_.options.begin(), setup_.options.end());
  return words;
}

std::string etcd_server::make_certificates() {
  std::ofstream(file("names")) << "subjectAltName=DNS:localhost\n";
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
  const std::string script =
      "cd " + sh_quoted(directory_) + " && for ca in ca other-ca; do openssl req -x509 " + key +
      "-days 2 -subj \"/CN=$ca\" -keyout $ca.key -out $ca.pem || exit 1; done && "
      // etcd refuses clients that have a common name where it asks for users too.
      "for who in server/CN client/O named/CN; do name=${who%/*} && openssl req " +
      key +
      "-subj \"/${who#*/}=$name\" -keyout $name.key -out $name.csr && openssl x509 -req -in $name.csr -CA ca.pem "
      "-CAkey ca.key -CAcreateserial -extfile names -days 2 -out $name.pem || exit 1; done";
  if (std::system(("( " + script + " ) >" + sh_quoted(file("openssl-log")) + " 2>&1").c_str()) != 0)
    return "openssl makes no certificates: " + content_of(file("openssl-log"));
  return {};
}

std::string etcd_server::make_users() {
  const std::string root = std::string("root:") + root_password, node = std::string("node:") + node_password;
  const std::string prefix = setup_.prefix + "/";
  std::string said;
  for (const std::vector<std::string>& step : std::vector<std::vector<std::string>>{
           {"user", "add", root},
           {"user", "grant-role", "root", "root"},
           {"role", "add", "nodes"},
           {"role", "grant-permission", "nodes", "readwrite", "--prefix=true", prefix},
           {"user", "add", node},
           {"user", "grant-role", "node", "nodes"},
           {"auth", "enable"}})
    said = ctl(step);
  users_made_ = true;
  return said.find("Authentication Enabled") != std::string::npos ? "" : "etcd takes no users: " + said;
}

std::string etcd_server::url(std::size_t member) const {
  return (setup_.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(members_.at(member).client_port);
}

std::string etcd_server::urls() const {
  std::string all;
  for (std::size_t n = 0; n < members_.size(); ++n) all += (n == 0 ? "" : ",") + url(n);
  return all;
}

net::etcd::options etcd_server::client_options() const {
  net::etcd::options o;
  for (std::size_t n = 0; n < members_.size(); ++n) o.endpoints.push_back(url(n));
  if (setup_.tls) {
    o.ca_file = file("ca.pem");
    o.certificate_file = file("client.pem");
    o.key_file = file("client.key");
  }
  if (setup_.authentication) {
    o.user = "node";
    o.password = proto::secret(node_password);
  }
  return o;
}

void etcd_server::kill(std::size_t member) {
  pid_t& pid = members_.at(member).pid;
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  pid = -1;
}

void etcd_server::freeze(std::size_t member) {
  const auto pid = members_.at(member).pid;
  if (pid <= 0 || ::kill(pid, SIGSTOP) != 0) return;
  // Until then it may still answer.
  int status = 0;
  while (::waitpid(pid, &status, WUNTRACED) < 0 && errno == EINTR) continue;
}

void etcd_server::thaw(std::size_t member) {
  if (members_.at(member).pid > 0) ::kill(members_[member].pid, SIGCONT);
}

bool etcd_server::restart(std::size_t member) {
  kill(member);
  members_.at(member).pid = start_process(command(member), file("log-" + std::to_string(member)));
  return wait_for(member);
}

bool etcd_server::answers(std::size_t n) const {
  const net::easy_ptr handle(curl_easy_init());
  std::string body;
  const std::string address = url(n) + "/health", ca = file("ca.pem"), certificate = file("client.pem"),
                    key = file("client.key");
  curl_easy_setopt(handle.get(), CURLOPT_URL, address.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, 3000L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  if (setup_.tls) {
    curl_easy_setopt(handle.get(), CURLOPT_CAINFO, ca.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_SSLCERT, certificate.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_SSLKEY, key.c_str());
  }
  return curl_easy_perform(handle.get()) == CURLE_OK && body.find("\"true\"") != std::string::npos;
}

bool etcd_server::wait_for(std::size_t n) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
    if (answers(n)) return true;
    if (is_ended(members_[n].pid)) return false;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

std::size_t etcd_server::leader() {
  for (std::size_t n = 0; n < members_.size(); ++n) {
    if (members_[n].pid <= 0) continue;
    const auto status =
        nlohmann::json::parse(ctl({"endpoint", "status", "-w", "json", "--endpoints", url(n)}), nullptr, false);
    if (!status.is_array() || status.empty()) continue;
    // A member that knows of no leader leaves it out.
    const nlohmann::json::json_pointer leads("/0/Status/leader"), is("/0/Status/header/member_id");
    if (status.contains(leads) && status.contains(is) && status[leads] == status[is]) return n;
  }
  return members_.size();
}

bool etcd_server::wait_for_leader() {
  for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
    if (leader() < members_.size()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

std::string etcd_server::ctl(const std::vector<std::string>& arguments) {
  std::string line = sh_quoted(etcdctl_program), running;
  for (std::size_t n = 0; n < members_.size(); ++n)
    if (members_[n].pid > 0) running += (running.empty() ? "" : ",") + url(n);
  for (const std::string& word : arguments) line += " " + sh_quoted(word);
  if (std::find(arguments.begin(), arguments.end(), "--endpoints") == arguments.end())
    line += " --endpoints " + sh_quoted(running);
  if (setup_.tls)
    line += " --cacert " + sh_quoted(file("ca.pem")) + " --cert " + sh_quoted(file("client.pem")) + " --key " +
            sh_quoted(file("client.key"));
  if (users_made_) line += " --user " + sh_quoted(std::string("root:") + root_password);
  std::string output;
  std::FILE* const pipe = popen((line + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) output += static_cast<char>(c);
  pclose(pipe);
  return output;
}

}  // namespace authnz::tests
