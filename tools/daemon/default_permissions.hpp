/// The permissions policy that is built in (contract, section 9.4).
#pragma once

#include <string>

namespace authnz::daemon {

/// As a permissions file (section 9.1): JSON, with a line break at its end.
std::string default_permissions();

}  // namespace authnz::daemon
