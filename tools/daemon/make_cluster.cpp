#include "tools/daemon/make_cluster.hpp"

#include <unistd.h>

#include <array>
#include <memory>

#include "net/cluster/link_address.hpp"
#include "net/cluster/registration.hpp"
#include "net/etcd/shared_login.hpp"
#include "net/host_name.hpp"
#include "tools/version.hpp"

namespace authnz::daemon {

namespace {

/// Where what listens there is for others; empty if nothing does.
std::string address_of(const std::string& listen, std::uint16_t port) {
  if (port == 0) return {};
  const bool any = listen == "0.0.0.0" || listen == "::";
  return net::cluster::text_of({any ? net::full_host_name() : listen, port});
}

net::etcd::options etcd_options(const cluster_items& wanted) {
  net::etcd::options o;
  o.endpoints = wanted.endpoints;
  o.health = std::make_shared<net::etcd::member_health>(o.endpoints.size());
  o.login = std::make_shared<net::etcd::shared_login>();
  if (wanted.authorities) o.ca_file = wanted.authorities->string();
  if (wanted.shown) {
    o.certificate_file = wanted.shown->certificate.string();
    o.key_file = wanted.shown->key.string();
  }
  o.user = wanted.user;
  o.password = wanted.password;
  return o;
}

}  // namespace

std::optional<net::cluster::options> make_cluster_options(const config& c) {
  if (!c.cluster) return std::nullopt;
  net::cluster::options o;
  o.etcd = etcd_options(*c.cluster);
  o.prefix = c.cluster->prefix;
  o.session = net::cluster::random_session();
  o.node = c.cluster->node;
  o.address = address_of(c.admin_link.listen, c.admin_link.port);
  const auto& links = c.cluster->links;
  o.link = links.address.empty() || links.port == 0 ? address_of(links.listen, links.port) : links.address;
  o.version = tools::version;
  o.reads = c.cluster->reads;
  o.bound = c.cluster->bound;
  o.lease = c.cluster->lease;
  o.history = c.cluster->history;
  return o;
}

std::string name_of_node(const config& c) {
  if (c.cluster) return c.cluster->node;
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("localhost");
}

}  // namespace authnz::daemon
