/// Starts the mail server of mail_server.py.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/actor/python_peer.hpp"

namespace authnz::tests {

class mail_server : public python_peer {
 public:
  explicit mail_server(std::vector<std::string> arguments = {}) : python_peer("mail_server.py", std::move(arguments)) {}

  /// Ends it; the messages that it took over.
  std::vector<nlohmann::json> messages() {
    std::vector<nlohmann::json> read;
    for (const auto& text : finish()) read.push_back(nlohmann::json::parse(text));
    return read;
  }
};

}  // namespace authnz::tests
