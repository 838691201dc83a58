#include "tools/daemon/cluster_values.hpp"

#include "net/cluster/link_address.hpp"
#include "net/cluster/names.hpp"
#include "net/etcd/client.hpp"

namespace authnz::daemon {
namespace {

constexpr std::string_view engine = "etcd=";
constexpr std::string_view form = "must be of the form etcd=https://HOST:2379,https://HOST:2379";

}  // namespace

tl::expected<std::vector<std::string>, std::string> cluster_endpoints(const std::string& text) {
  if (text.empty()) return {};
  if (!text.starts_with(engine)) return tl::unexpected(std::string(form));
  auto endpoints = net::etcd::parse_endpoints(text.substr(engine.size()));
  if (!endpoints) return tl::unexpected(std::string(form) + ": " + endpoints.error());
  return endpoints;
}

tl::expected<std::string, std::string> cluster_node_name(const std::string& text) {
  if (!net::cluster::is_node_name(text))
    return tl::unexpected(std::string("must be 1 to 64 letters, digits, '-', '_' and '.'"));
  return text;
}

tl::expected<std::string, std::string> cluster_prefix(const std::string& text) {
  if (!net::cluster::is_prefix(text))
    return tl::unexpected(
        std::string("must be 1 to 128 letters, digits, '-', '_', '.' and '/', without one at its ends"));
  return text;
}

tl::expected<std::string, std::string> cluster_address(const std::string& text) {
  if (text.empty() || net::cluster::parse_link_address(text)) return text;
  return tl::unexpected(std::string("must be of the form HOST:PORT"));
}

}  // namespace authnz::daemon
