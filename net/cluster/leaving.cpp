#include "net/cluster/leaving.hpp"

#include "net/cluster/identity.hpp"
#include "net/cluster/patience.hpp"
#include "net/cluster/upload.hpp"

namespace authnz::net::cluster {
namespace {

using done = tl::expected<void, std::string>;
using storage::slice;

etcd::options patient(etcd::options o) {
  o.request_time = std::max<std::chrono::milliseconds>(o.request_time, std::chrono::seconds(10));
  return o;
}

std::string still_runs(const std::string& node) {
  return "the node " + node +
         " is registered: stop it first; if it was killed, wait for the end of its lease, some seconds";
}

done forget(etcd::client& etcd, const storage::cluster_keys& keys, const std::string& node) {
  const std::string parts = keys.parts(node);
  const auto removed = ask_patiently([&] {
    return etcd.commit(
        {{{keys.member(node), 0}},
         {etcd::operation::erase(keys.batch(node)), etcd::operation::erase(parts, storage::end_of_prefix(parts))},
         {}});
  });
  if (!removed) return tl::unexpected(removed.error().text);
  if (!removed->succeeded) return tl::unexpected(still_runs(node));
  return {};
}

/// The store's cluster must be etcd's.
done check(etcd::client& etcd, const storage::cluster_keys& keys, const storage::projection_mark& mark) {
  if (mark.cluster.empty())
    return tl::unexpected<std::string>(
        "the store is a single node's already; to remove the node from etcd alone, leave out --keep-store");
  const auto who = read_identity(etcd, keys);
  if (!who) return tl::unexpected(who.error());
  if (*who && (*who)->id == mark.cluster) return {};
  return tl::unexpected("the store belongs to cluster " + mark.cluster + ", etcd has " +
                        (*who ? "cluster " + (*who)->id : std::string("no cluster")) + " under " + keys.prefix() +
                        ": correct the store's directory, the endpoints, or the prefix");
}

done forget_duties(storage::environment& store) {
  storage::mini_transaction tx;
  store.read()->scan(slice::marks, {}, [&](std::string_view key, const storage::record&) {
    if (stays(slice::marks, key)) tx.writes.push_back({slice::marks, std::string(key), std::nullopt});
    return true;
  });
  if (tx.writes.empty()) return {};
  const storage::mini_transaction* const one = &tx;
  if (store.commit(std::span(&one, 1)).front() == storage::commit_result::applied) return {};
  return tl::unexpected("the store cannot be written: " + store.last_failure());
}

}  // namespace

tl::expected<void, std::string> forget_node(const options& o) {
  etcd::client etcd(patient(o.etcd));
  const storage::cluster_keys keys(o.prefix);
  const auto who = read_identity(etcd, keys);
  if (!who) return tl::unexpected(who.error());
  if (!*who) return tl::unexpected("there is no cluster under " + keys.prefix() + " in etcd");
  return forget(etcd, keys, o.node);
}

tl::expected<void, std::string> leave_with_store(storage::environment& store, const options& o,
                                                 const std::string& event_of_gap, const rebuild_progress& progress) {
  etcd::client etcd(patient(o.etcd));
  const storage::cluster_keys keys(o.prefix);
  storage::projection mine(store);
  const auto mark = mine.mark();
  if (auto fits = check(etcd, keys, mark); !fits) return fits;
  const auto registered = etcd.range(keys.member(o.node));
  if (!registered) return tl::unexpected(registered.error().text);
  if (!registered->records.empty()) return tl::unexpected(still_runs(o.node));

  const auto revision = rebuild_from_etcd(etcd, keys, mine, mark.cluster, event_of_gap, progress);
  if (!revision) return tl::unexpected(revision.error());
  if (auto left = mine.leave(); !left) return left;
  if (auto forgotten = forget_duties(store); !forgotten) return forgotten;
  return forget(etcd, keys, o.node);
}

tl::expected<void, std::string> leave_without_etcd(storage::environment& store) {
  storage::projection mine(store);
  if (mine.mark().cluster.empty()) return tl::unexpected<std::string>("the store is a single node's already");
  if (auto left = mine.leave(); !left) return left;
  return forget_duties(store);
}

}  // namespace authnz::net::cluster
