/// Where a node is linked to by the others: HOST:PORT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace authnz::net::cluster {

struct link_address {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 0;
};

/// An IPv6 address stands in brackets. The port is not 0.
std::optional<link_address> parse_link_address(std::string_view text);
std::string text_of(const link_address& a);

}  // namespace authnz::net::cluster
