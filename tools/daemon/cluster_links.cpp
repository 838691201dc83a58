#include "tools/daemon/cluster_links.hpp"

#include <thread>
#include <utility>

#include "net/cluster/peer_members.hpp"

namespace authnz::daemon {

namespace {

// Others look who is registered once a second; a host that is down is not waited for.
constexpr std::chrono::seconds links_take{3};
// Others look at their links every 250 ms, and tell what they count in slices.
constexpr std::chrono::milliseconds telling_takes{500};

using net::cluster::peer_event;
template <class T>
using outcome = tl::expected<T, std::string>;

void report(const actors::logger& log, peer_event what, const std::string& node, const std::string& why) {
  using actors::open;
  using enum peer_event;
  switch (what) {
    case linked: return log.info("cluster.linked", {open("peer", node)});
    case lost: return log.warning("cluster.link-lost", {open("peer", node)});
    case failed: return log.warning("cluster.link-failed", {open("peer", node), open("why", why)});
    // Whoever dials can have it said as often as he likes.
    case refused: return log.debug("cluster.link-refused", {open("why", why)});
    case accept_failed: return log.warning("cluster.accept-failed", {open("why", why)});
  }
}

net::cluster::peer_options options_of(const cluster_link_items& wanted, net::cluster::peer_identity self,
                                      std::shared_ptr<const actors::logger> log) {
  net::cluster::peer_options o;
  o.self = std::move(self);
  o.address = wanted.listen;
  o.port = wanted.port;
  o.on_event = [log = std::move(log)](peer_event what, const std::string& node, const std::string& why) {
    report(*log, what, node, why);
  };
  return o;
}

}  // namespace

cluster_links::cluster_links(cluster_link_items wanted, net::cluster::options o, net::cluster::peer_identity self,
                             std::shared_ptr<const actors::logger> log)
    : wanted_(std::move(wanted)),
      options_(std::move(o)),
      log_(std::move(log)),
      peers_(options_of(wanted_, std::move(self), log_)) {}

outcome<net::link_identity> cluster_links::read_identity() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto identity = net::read_identity(wanted_.certificates, net::certificate_role::peer, now);
  if (identity && identity->facts.name != options_.node)
    return tl::unexpected((wanted_.certificates / "peer.pem").string() + " is node " + identity->facts.name +
                          "'s, and this is node " + options_.node +
                          ": issue it its own with authnzctl certs issue peer " + options_.node);
  return identity;
}

outcome<void> cluster_links::start(caf::actor_system& system, net::cluster::peer_service service) {
  const auto identity = read_identity();
  if (!identity) return tl::unexpected("clusterport is set, but " + identity.error());
  auto members = net::cluster::members_in_etcd(options_.etcd, storage::cluster_keys(options_.prefix));
  auto started = peers_.start(system, *identity, std::move(members), std::move(service));
  if (!started) return started;
  log_->info("cluster.listening", {actors::open("address", wanted_.listen), actors::open("port", peers_.port())});
  peers_.wait_until_linked(links_take);
  if (!peers_.current()->others.empty()) std::this_thread::sleep_for(telling_takes);
  return {};
}

outcome<void> cluster_links::reload_certificates() {
  const auto identity = read_identity();
  if (!identity) return tl::unexpected(identity.error());
  return peers_.set_identity(*identity);
}

}  // namespace authnz::daemon
