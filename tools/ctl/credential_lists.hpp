/// Lists of sessions and API keys, of one user or of all.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Makes `list` a command that lists them. `who` is the user's id or address
/// once the command line is parsed; empty = all users.
void add_session_list(CLI::App& list, const std::shared_ptr<std::string>& who, int& status, const std::string& example);
void add_apikey_list(CLI::App& list, const std::shared_ptr<std::string>& who, int& status, const std::string& example);

}  // namespace authnz::ctl
