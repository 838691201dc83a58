/// Certificates for servers that tests start.
#pragma once

#include <string>

namespace authnz::tests {

/// A directory with two authorities, `ca.pem` and `other-ca.pem`, and with
/// `server.pem` and `server.key`, which the first one made for `localhost` and
/// nothing else; `expired.pem` is the same, but past its end. Removed at the end.
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

}  // namespace authnz::tests
