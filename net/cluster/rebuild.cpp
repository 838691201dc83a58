#include "net/cluster/rebuild.hpp"

#include <algorithm>
#include <optional>

#include "net/cluster/identity.hpp"
#include "storage/slices.hpp"

namespace authnz::net::cluster {
namespace {

constexpr std::uint32_t most_records_a_page = 500;

/// Whether the pages of one revision could be fetched; nothing = it is gone.
class fetch {
 public:
  fetch(etcd::client& etcd, const storage::cluster_keys& keys, storage::projection& into,
        const rebuild_progress& progress)
      : etcd_(etcd), keys_(keys), into_(into), progress_(progress) {}

  /// The revision that was fetched; nothing = it was compacted meanwhile.
  tl::expected<std::optional<std::uint64_t>, std::string> all();
  /// The value of the cluster's head at it.
  const std::string& head() const { return head_; }

 private:
  tl::expected<bool, std::string> slice(storage::slice in);

  etcd::client& etcd_;
  const storage::cluster_keys& keys_;
  storage::projection& into_;
  const rebuild_progress& progress_;
  std::uint64_t revision_ = 0;
  std::string head_;
  std::uint64_t records_ = 0;
};

tl::expected<std::optional<std::uint64_t>, std::string> fetch::all() {
  // Linearizable, so the revision is at least that of all that was acknowledged.
  const auto head = etcd_.range(keys_.head());
  if (!head) return tl::unexpected(head.error().text);
  if (head->records.empty()) return tl::unexpected("the cluster under " + keys_.prefix() + " in etcd has no state");
  revision_ = head->revision;
  head_ = head->records.front().value;
  records_ = 0;
  for (const auto& row : storage::slice_table) {
    if (row.derived || row.of != storage::scope::cluster) continue;
    const auto done = slice(row.id);
    if (!done) return tl::unexpected(done.error());
    if (!*done) return std::nullopt;
  }
  return revision_;
}

// False = the revision was compacted meanwhile.
tl::expected<bool, std::string> fetch::slice(storage::slice in) {
  const auto prefix = keys_.records(in);
  const auto end = storage::end_of_prefix(prefix);
  storage::projection_page page{.in = in, .first = {}, .end = std::nullopt, .records = {}};
  auto limit = most_records_a_page;
  for (auto from = prefix;;) {
    const auto found = etcd_.range(from, {.end = end, .limit = limit, .revision = revision_});
    if (!found && found.error().what == etcd::failure::kind::too_large && limit > 1) {
      limit = std::max(limit / 4, 1U);
      continue;
    }
    if (!found && found.error().what == etcd::failure::kind::compacted) return false;
    if (!found) return tl::unexpected(found.error().text);
    page.records.clear();
    for (const auto& r : found->records) page.records.push_back({r.key.substr(prefix.size()), r.mod_revision, r.value});
    const bool more = found->more && !found->records.empty();
    // The first key that cannot have been in this page.
    const auto next = more ? std::optional(page.records.back().key + '\0') : std::nullopt;
    page.end = next;
    if (auto done = into_.rebuild(page); !done) return tl::unexpected(done.error());
    records_ += page.records.size();
    if (progress_) progress_(records_);
    if (!next) return true;
    page.first = *next;
    from = prefix + *next;
  }
}

/// Whether what etcd has is the cluster that is wanted.
tl::expected<void, std::string> check_identity(etcd::client& etcd, const storage::cluster_keys& keys,
                                               const std::string& cluster) {
  const auto who = read_identity(etcd, keys);
  if (!who) return tl::unexpected(who.error());
  if (!*who)
    return tl::unexpected("etcd has no cluster under " + keys.prefix() +
                          " any more: restore etcd, or correct its addresses");
  if ((*who)->id != cluster)
    return tl::unexpected("etcd has cluster " + (*who)->id + " under " + keys.prefix() + ", this node belongs to " +
                          cluster + ": correct etcd's addresses, or restore it");
  if (!(*who)->ready) return tl::unexpected(std::string("the upload of the cluster's state is not finished"));
  return {};
}

}  // namespace

tl::expected<std::uint64_t, std::string> rebuild_from_etcd(etcd::client& etcd, const storage::cluster_keys& keys,
                                                           storage::projection& into, const std::string& cluster,
                                                           const std::string& event_of_gap,
                                                           const rebuild_progress& progress) {
  if (auto fits = check_identity(etcd, keys, cluster); !fits) return tl::unexpected(fits.error());
  if (const auto head = etcd.range(keys.head()); !head || head->records.empty())
    return tl::unexpected(head ? "the cluster under " + keys.prefix() + " in etcd has no state" : head.error().text);
  if (auto begun = into.begin_rebuild(cluster); !begun) return tl::unexpected(begun.error());
  fetch work(etcd, keys, into, progress);
  for (;;) {
    const auto fetched = work.all();
    if (!fetched) return tl::unexpected(fetched.error());
    if (!*fetched) continue;
    if (auto ended = into.end_rebuild(**fetched, event_of_gap, work.head()); !ended)
      return tl::unexpected(ended.error());
    return **fetched;
  }
}

}  // namespace authnz::net::cluster
