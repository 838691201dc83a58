#include "tools/daemon/cluster_values.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "net/cluster/link_address.hpp"
#include "net/etcd/client.hpp"

namespace authnz::daemon {
namespace {

constexpr std::string_view engine = "etcd=";
constexpr std::string_view form = "must be of the form etcd=https://HOST:2379,https://HOST:2379";
constexpr std::size_t longest_prefix = 128;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// Without scheme, port, path, and the brackets of an IPv6 address.
std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
  return std::string(url.substr(0, url.find_first_of(":/")));
}

}  // namespace

tl::expected<std::vector<std::string>, std::string> cluster_endpoints(const std::string& text) {
  if (text.empty()) return {};
  if (!text.starts_with(engine)) return tl::unexpected(std::string(form));
  auto endpoints = net::etcd::parse_endpoints(text.substr(engine.size()));
  if (!endpoints) return tl::unexpected(std::string(form) + ": " + endpoints.error());
  return endpoints;
}

tl::expected<std::string, std::string> cluster_node_name(const std::string& text) {
  if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, is_word_character))
    return tl::unexpected(std::string("must be 1 to 64 letters, digits, '-', '_' and '.'"));
  return text;
}

tl::expected<std::string, std::string> cluster_prefix(const std::string& text) {
  const bool fits = std::ranges::all_of(text, [](char c) { return is_word_character(c) || c == '/'; });
  if (!fits || text.empty() || text.size() > longest_prefix || text.front() == '/' || text.back() == '/')
    return tl::unexpected(
        std::string("must be 1 to 128 letters, digits, '-', '_', '.' and '/', without one at its ends"));
  return text;
}

tl::expected<std::string, std::string> cluster_address(const std::string& text) {
  if (text.empty() || net::cluster::parse_link_address(text)) return text;
  return tl::unexpected(std::string("must be of the form HOST:PORT"));
}

bool is_https(std::string_view url) { return url.starts_with("https://"); }

bool is_loopback(std::string_view url) {
  const auto host = host_of(url);
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace authnz::daemon
