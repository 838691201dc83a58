#include "net/cluster/identity.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "storage/batching.hpp"

namespace authnz::net::cluster {
namespace {

using nlohmann::json;

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<identity> parse_identity(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto member = [&](const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? json() : *found;
  };
  const json id = member("id"), format = member("format"), state = member("state"), created = member("created");
  if (!id.is_string() || !is_id(id.get<std::string>()) || !format.is_number_unsigned()) return std::nullopt;
  if (state != "ready" && state != "uploading") return std::nullopt;
  return identity{.id = id.get<std::string>(),
                  .format = format.get<std::uint64_t>(),
                  .ready = state == "ready",
                  .created = created.is_string() ? created.get<std::string>() : std::string(),
                  .revision = 0};
}

}  // namespace

std::string identity_text(const identity& who) {
  return nlohmann::ordered_json{
      {"id", who.id}, {"format", who.format}, {"state", who.ready ? "ready" : "uploading"}, {"created", who.created}}
      .dump();
}

tl::expected<std::optional<identity>, std::string> read_identity(etcd::client& etcd,
                                                                 const storage::cluster_keys& keys) {
  const auto found = etcd.range(keys.identity());
  if (!found) return tl::unexpected(found.error().text);
  if (found->records.empty()) return std::optional<identity>();
  auto who = parse_identity(found->records.front().value);
  if (!who)
    return tl::unexpected("the key " + keys.identity() +
                          " in etcd does not say which cluster it is: use another prefix, or restore etcd");
  who->revision = found->records.front().mod_revision;
  return who;
}

tl::expected<void, std::string> probe_limits(etcd::client& etcd, const storage::cluster_keys& keys) {
  // Compares count as operations do; nothing is read or written.
  constexpr std::size_t needed = storage::batch_limits{}.operations;
  etcd::transaction probe;
  probe.compares.assign(needed, {keys.identity(), 0});
  const auto answer = etcd.commit(probe);
  if (answer) return {};
  if (answer.error().what == etcd::failure::kind::too_large)
    return tl::unexpected(
        "etcd allows fewer than " + std::to_string(needed) +
        " operations in a transaction: start each of its members with --max-txn-ops=" + std::to_string(needed));
  return tl::unexpected(answer.error().text);
}

}  // namespace authnz::net::cluster
