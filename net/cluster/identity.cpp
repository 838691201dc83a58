#include "net/cluster/identity.hpp"

#include <nlohmann/json.hpp>

namespace authnz::net::cluster {
namespace {

constexpr std::size_t operations_needed = 1024;

}  // namespace

tl::expected<std::optional<identity>, std::string> read_identity(etcd::client& etcd,
                                                                 const storage::cluster_keys& keys) {
  const auto found = etcd.range(keys.identity());
  if (!found) return tl::unexpected(found.error().text);
  if (found->records.empty()) return std::nullopt;
  const auto& record = found->records.front();
  const auto text = nlohmann::json::parse(record.value, nullptr, false);
  identity who;
  try {
    who.id = text.at("id").get<std::string>();
    who.format = text.at("format").get<std::uint64_t>();
    who.ready = text.at("state").get<std::string>() == "ready";
    who.created = text.value("created", std::string());
  } catch (const nlohmann::json::exception&) {
    return tl::unexpected("what etcd has under " + keys.identity() +
                          " does not describe a cluster: is the prefix somebody else's?");
  }
  who.revision = record.mod_revision;
  if (who.id.empty()) return tl::unexpected("the cluster under " + keys.prefix() + " in etcd has no id");
  return who;
}

// Reads of one key cost etcd next to nothing, and count as operations.
tl::expected<void, std::string> probe_limits(etcd::client& etcd, const storage::cluster_keys& keys) {
  etcd::transaction probe;
  for (std::size_t i = 0; i < operations_needed; ++i)
    probe.then.push_back(etcd::operation::get(keys.head(), {.keys_only = true}));
  const auto answer = etcd.commit(probe);
  if (answer) return {};
  if (answer.error().what == etcd::failure::kind::too_large)
    return tl::unexpected("etcd allows fewer than " + std::to_string(operations_needed) +
                          " operations in a transaction: start each of its members with --max-txn-ops=" +
                          std::to_string(operations_needed) + " (" + answer.error().text + ")");
  return tl::unexpected(answer.error().text);
}

}  // namespace authnz::net::cluster
