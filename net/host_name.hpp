/// The name of this host.
#pragma once

#include <string>

namespace authnz::net {

/// The full one if there is one, else what the host calls itself. May ask the
/// name service.
std::string full_host_name();

}  // namespace authnz::net
