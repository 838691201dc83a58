#include "actors/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace authnz::actors {

namespace {

using ip_text = std::array<char, INET6_ADDRSTRLEN>;

/// inet_pton wants a NUL at the end.
bool copy_text(std::string_view text, ip_text& out) {
  if (text.size() >= out.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), out.begin());
  out[text.size()] = '\0';
  return true;
}

template <class Address>
std::string write(int family, const Address& address) {
  ip_text text{};
  inet_ntop(family, &address, text.data(), text.size());
  return text.data();
}

}  // namespace

std::optional<std::string> canonical_ip(std::string_view text) {
  ip_text copy{};
  if (!copy_text(text, copy)) return std::nullopt;
  if (in_addr v4{}; inet_pton(AF_INET, copy.data(), &v4) == 1) return write(AF_INET, v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, copy.data(), &v6) != 1) return std::nullopt;
  if (!IN6_IS_ADDR_V4MAPPED(&v6)) return write(AF_INET6, v6);
  in_addr v4{};
  std::copy_n(&v6.s6_addr[12], sizeof v4, reinterpret_cast<unsigned char*>(&v4));
  return write(AF_INET, v4);
}

std::string rate_key_address(std::string_view text) {
  auto canonical = canonical_ip(text);
  return canonical ? std::move(*canonical) : std::string(text);
}

std::string network_of(std::string_view address) {
  ip_text copy{};
  if (!copy_text(address, copy)) return {};
  if (in_addr v4{}; inet_pton(AF_INET, copy.data(), &v4) == 1) {
    v4.s_addr &= htonl(0xFFFFFF00U);
    return write(AF_INET, v4) + "/24";
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, copy.data(), &v6) != 1) return {};
  std::fill(&v6.s6_addr[6], &v6.s6_addr[16], static_cast<unsigned char>(0));
  return write(AF_INET6, v6) + "/48";
}

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? address : address.substr(at + 1);
}

}  // namespace authnz::actors
