#include "net/cluster/link_address.hpp"

#include <charconv>

#include "net/certificates.hpp"

namespace authnz::net::cluster {

std::optional<link_address> parse_link_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  link_address out{std::string(host), 0};
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, out.port);
  if (read.ec != std::errc() || read.ptr != end || out.port == 0 || !is_host(host)) return std::nullopt;
  return out;
}

std::string text_of(const link_address& a) {
  const bool bracketed = a.host.find(':') != std::string::npos;
  return (bracketed ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace authnz::net::cluster
