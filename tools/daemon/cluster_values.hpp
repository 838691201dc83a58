/// Reads the values of the group `cluster`. Errors are reasons without the
/// item's name.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace authnz::daemon {

/// The URLs of `etcd=URL,URL`; none for an empty text.
tl::expected<std::vector<std::string>, std::string> cluster_endpoints(const std::string& text);

/// 1 to 64 letters, digits, `-`, `_` and `.`.
tl::expected<std::string, std::string> cluster_node_name(const std::string& text);

/// Letters, digits, `-`, `_`, `.` and `/`, which is at neither end.
tl::expected<std::string, std::string> cluster_prefix(const std::string& text);

/// HOST:PORT, an IPv6 address in brackets; or nothing.
tl::expected<std::string, std::string> cluster_address(const std::string& text);

}  // namespace authnz::daemon
