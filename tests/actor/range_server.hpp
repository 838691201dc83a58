/// Starts the range service of range_server.py.
#pragma once

#include "tests/actor/certificates.hpp"
#include "tests/actor/python_peer.hpp"

namespace authnz::tests {

class range_server : public python_peer {
 public:
  /// Serves HTTPS, or plain HTTP without certificates.
  explicit range_server(const certificates* tls)
      : python_peer("range_server.py", tls != nullptr ? std::vector{tls->file("server.pem"), tls->file("server.key")}
                                                      : std::vector<std::string>{}) {}
};

}  // namespace authnz::tests
