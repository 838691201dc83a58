/// Real etcd members on loopback, for tests.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/etcd/client.hpp"

namespace authnz::tests {

struct etcd_setup {
  std::size_t members = 1;                ///< 1 or 3
  bool tls = false;                       ///< server certificate, for `localhost`, and one required of clients
  bool authentication = false;            ///< users `root`, and `node` who may read and write `prefix`/ alone
  std::string prefix = "authnz";          ///< as cluster::options has it
  std::vector<std::string> options = {};  ///< more of etcd's, at the end
};

/// Started with the object, and stopped with it at the latest; its directory
/// is removed then. Members are told by number, from 0.
class etcd_server {
 public:
  explicit etcd_server(etcd_setup setup = {});
  ~etcd_server();
  etcd_server(const etcd_server&) = delete;
  etcd_server& operator=(const etcd_server&) = delete;

  /// Why it does not serve; empty when it does.
  const std::string& error() const { return error_; }
  bool ok() const { return error_.empty(); }

  std::string url(std::size_t member = 0) const;
  /// All members', separated by commas.
  std::string urls() const;
  /// Whatever a client needs that may do all that a node does.
  net::etcd::options client_options() const;

  void kill(std::size_t member = 0);  ///< SIGKILL, and waits for the end
  void freeze(std::size_t member = 0);
  void thaw(std::size_t member = 0);
  /// Starts one that was killed, with its data, and waits until it answers.
  bool restart(std::size_t member = 0);
  /// The member that leads; the number of members if there is none.
  std::size_t leader();
  /// Waits for one that leads. A write that reaches a member before it knows of
  /// its leader's death is not answered.
  bool wait_for_leader();

  /// Runs etcdctl with the members that run, as root where etcd asks for a user;
  /// its output, both streams. It waits 5 s for an answer.
  std::string ctl(const std::vector<std::string>& arguments);

  /// A file in its directory; with `tls`: `ca.pem`, `other-ca.pem`,
  /// `client.pem` and `client.key`, and `named.pem` with a common name.
  std::string file(const std::string& name) const { return directory_ + "/" + name; }

  static constexpr const char* node_password = "a node's word";
  static constexpr const char* root_password = "root's word";

 private:
  struct member {
    std::uint16_t client_port = 0;
    std::uint16_t peer_port = 0;
    pid_t pid = -1;
  };

  std::string start();
  std::string make_certificates();
  std::string make_users();
  std::vector<std::string> command(std::size_t n) const;
  bool answers(std::size_t n) const;
  /// Whether it answers within some seconds, and before it ends.
  bool wait_for(std::size_t n);

  etcd_setup setup_;
  std::string directory_;
  std::string error_;
  std::vector<member> members_;
  bool users_made_ = false;
};

}  // namespace authnz::tests
