/// Where breached passwords are looked up (contract, section 7.1, pwnedpasswords).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "actors/interfaces.hpp"

namespace authnz::net {

/// `off` (gives null), the URL of a range service, or a directory of range
/// files. The error says what is wrong with the value.
tl::expected<std::unique_ptr<actors::breached_passwords>, std::string> make_breach_source(std::string_view config);

}  // namespace authnz::net
