/// Starts the range service of range_server.py, with certificates of its own.
#pragma once

#include <string>

namespace authnz::tests {

/// A directory with two authorities, `ca.pem` and `other-ca.pem`, and with
/// `server.pem` and `server.key`, which the first one made for `localhost` and
/// nothing else. Removed at the end.
class certificates {
 public:
  certificates();
  ~certificates();
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  bool ok() const { return ok_; }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }

 private:
  std::string directory_;
  bool ok_ = false;
};

/// A process that ends with this object.
class range_server {
 public:
  /// Serves HTTPS, or plain HTTP without certificates.
  explicit range_server(const certificates* tls);
  ~range_server() { stop(); }
  range_server(const range_server&) = delete;
  range_server& operator=(const range_server&) = delete;

  /// 0 when the server did not start.
  int port() const { return port_; }
  void stop();

 private:
  int pid_ = -1;
  int input_ = -1;
  int port_ = 0;
};

}  // namespace authnz::tests
