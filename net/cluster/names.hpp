/// What names in a cluster may be made of.
#pragma once

#include <string_view>

namespace authnz::net::cluster {

/// 1 to 64 letters, digits, `-`, `_` and `.`.
bool is_node_name(std::string_view text);
/// 1 to 128 of those, and `/`, which is at neither end.
bool is_prefix(std::string_view text);

}  // namespace authnz::net::cluster
