/// Network addresses of the frontends' clients, in one spelling each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authnz::actors {

/// An IPv4 or IPv6 address as inet_ntop writes it; an IPv4-mapped IPv6 address
/// becomes the IPv4 one. Nothing when the text is no address (it may have no
/// zone, port, prefix or blanks).
std::optional<std::string> canonical_ip(std::string_view text);

/// What a rate limit counts by: the canonical address, or the text literally.
std::string rate_key_address(std::string_view text);

/// The neighbourhood of what rate_key_address gave: the /24 of an IPv4
/// address, the /48 of an IPv6 address; empty for other texts.
std::string network_of(std::string_view address);

/// What follows the last `@`; the whole text if there is none.
std::string_view domain_of(std::string_view address);

}  // namespace authnz::actors
