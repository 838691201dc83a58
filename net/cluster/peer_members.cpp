#include "net/cluster/peer_members.hpp"

#include <utility>

#include "net/cluster/membership.hpp"

namespace authnz::net::cluster {

namespace {

class etcd_members final : public member_source {
 public:
  etcd_members(etcd::options o, storage::cluster_keys keys) : etcd_(std::move(o)), keys_(std::move(keys)) {}

  std::optional<std::vector<linked_member>> read() override {
    const auto found = read_members(etcd_, keys_);
    if (!found) return std::nullopt;
    std::vector<linked_member> out;
    for (const auto& m : *found) out.push_back({m.node, m.link});
    return out;
  }
  void stop() noexcept override { etcd_.stop(); }

 private:
  etcd::client etcd_;
  const storage::cluster_keys keys_;
};

}  // namespace

std::unique_ptr<member_source> members_in_etcd(etcd::options o, storage::cluster_keys keys) {
  return std::make_unique<etcd_members>(std::move(o), std::move(keys));
}

}  // namespace authnz::net::cluster
