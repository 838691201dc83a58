/// The tool's link to a running node: every command that asks one uses this.
///
/// The node is found at `--node` (AUTHNZ_NODE, else 127.0.0.1:13432); the tool
/// shows the administrator's certificate from the directory `--certs`
/// (AUTHNZ_CERTS; else the first that exists of `certs` below
/// AUTHNZERVER_BASEDIR, ./certs and /var/lib/authnzerver/certs). The name in
/// the certificate is who asks. Nothing waits for ever.
///
/// Exit statuses of these commands: 0 done; 1 the node refused, failed, or
/// does not know what was named; 2 the command line is wrong; 3 no node
/// answered: out of reach, wrong certificates, or no answer in time.
///
///     auto node = add_node_options(*command);
///     command->callback([node, &status] {
///       status = with_node(*node, [](node_link& link) {
///         const auto answer = link.ask(proto::question::limits, {{"page", 1}});
///         if (!answer) return fail(answer.error());
///         std::cout << answer->dump(2) << '\n';
///         return exit_done;
///       });
///     });
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "proto/questions.hpp"

namespace CLI {
class App;
}

namespace authnz::ctl {

inline constexpr int exit_done = 0;
inline constexpr int exit_refused = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_node = 3;

struct node_options {
  std::string node = "127.0.0.1:13432";  ///< HOST:PORT; an IPv6 address in brackets
  std::string certs;                     ///< directory; empty = find it
  double seconds = 5;                    ///< that an answer may take
};

/// Adds `--node`, `--certs` and `--timeout` to a command.
std::shared_ptr<node_options> add_node_options(CLI::App& command);

/// Why there is no answer.
struct link_error {
  int exit_code = exit_refused;
  std::string code;  ///< for scripts: the node's, or `no-certificates`, `no-connection`, `no-answer`, `bad-answer`
  std::string text;  ///< a sentence that says what to do
};

/// Writes the text to standard error; returns the exit status.
int fail(const link_error& error);

class node_link {
 public:
  /// Connects and says hello. Takes 4 s at most.
  static tl::expected<node_link, link_error> connect(const node_options& options);
  ~node_link();
  node_link(node_link&&) noexcept;
  node_link& operator=(node_link&&) noexcept;

  /// The answer's `ok`. Dials again, once, when the link was lost. A question
  /// that acts is not asked twice: if the link is lost on the way, the error
  /// says that it may have been done.
  tl::expected<nlohmann::json, link_error> ask(proto::question what,
                                               const nlohmann::json& arguments = nlohmann::json::object());
  /// The same with another time-out than the options'.
  tl::expected<nlohmann::json, link_error> ask(proto::question what, const nlohmann::json& arguments,
                                               std::chrono::milliseconds longest);

  /// The node's answer to hello, which is that to `node`.
  const nlohmann::json& hello() const;
  /// The name in the administrator's certificate.
  const std::string& who() const;

 private:
  class implementation;
  explicit node_link(std::unique_ptr<implementation> inside);
  std::unique_ptr<implementation> inside_;
};

/// Connects and calls `use`; returns its exit status, or that of the error,
/// which is on standard error then.
int with_node(const node_options& options, const std::function<int(node_link&)>& use);

}  // namespace authnz::ctl
