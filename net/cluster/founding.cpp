#include <array>
#include <chrono>

#include "net/cluster/identity.hpp"
#include "net/cluster/patience.hpp"
#include "net/cluster/upload.hpp"
#include "proto/time.hpp"
#include "proto/token.hpp"
#include "storage/projection.hpp"

namespace authnz::net::cluster {
namespace {

using done = tl::expected<void, std::string>;
using storage::slice;

/// Of the slice `meta`: the id of the cluster that this store is uploaded as.
constexpr std::string_view upload_key = "cluster-upload";
constexpr std::uint64_t upload_key_revision = 1;

std::string new_id() {
  std::array<unsigned char, 16> random{};
  proto::random_bytes(random);
  std::string id;
  for (const unsigned char byte : random) {
    id += "0123456789abcdef"[byte >> 4U];
    id += "0123456789abcdef"[byte & 15U];
  }
  return id;
}

std::string now_text() {
  return proto::format_time(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) + "Z";
}

class founding {
 public:
  founding(storage::environment& store, const options& o, const transfer_progress& progress)
      : store_(store), etcd_(patient(o.etcd)), keys_(o.prefix), progress_(progress) {}

  tl::expected<std::string, std::string> run();

 private:
  /// Transactions are large here.
  static etcd::options patient(etcd::options o) {
    o.request_time = std::max<std::chrono::milliseconds>(o.request_time, std::chrono::seconds(10));
    return o;
  }

  tl::expected<identity, std::string> begin_or_go_on();
  tl::expected<identity, std::string> begin();
  tl::expected<identity, std::string> refuse(const identity& other) const;
  done upload_all(const identity& who);
  done declare_ready(identity who);
  done join(const std::string& id);

  std::string uploaded_as() const;
  done note(const std::optional<std::string>& id);

  storage::environment& store_;
  etcd::client etcd_;
  storage::cluster_keys keys_;
  const transfer_progress& progress_;
};

tl::expected<std::string, std::string> founding::run() {
  const auto mark = storage::projection(store_).mark();
  if (!mark.cluster.empty())
    return tl::unexpected("the store belongs to cluster " + mark.cluster +
                          " already: start the node with it, or make it a single node's with authnzctl cluster leave "
                          "--keep-store");
  if (!mark.whole) return tl::unexpected<std::string>("the store cannot tell whose it is: restore it from a backup");
  if (auto fits = probe_limits(etcd_, keys_); !fits) return tl::unexpected(fits.error());
  const auto who = begin_or_go_on();
  if (!who) return tl::unexpected(who.error());
  if (!who->ready) {
    if (auto sent = upload_all(*who); !sent) return tl::unexpected(sent.error());
    if (auto ready = declare_ready(*who); !ready) return tl::unexpected(ready.error());
  }
  if (auto joined = join(who->id); !joined) return tl::unexpected(joined.error());
  return who->id;
}

tl::expected<identity, std::string> founding::begin_or_go_on() {
  const auto who = read_identity(etcd_, keys_);
  if (!who) return tl::unexpected(who.error());
  if (!*who) return begin();
  if ((*who)->id == uploaded_as()) return **who;
  return refuse(**who);
}

tl::expected<identity, std::string> founding::refuse(const identity& other) const {
  if (other.ready)
    return tl::unexpected("etcd has cluster " + other.id + " under " + keys_.prefix() +
                          " already: use another prefix, or start the node with an empty store to join it");
  return tl::unexpected("another store is being uploaded under " + keys_.prefix() +
                        ": finish that, or give it up with etcdctl del --prefix " + keys_.prefix() + "/");
}

tl::expected<identity, std::string> founding::begin() {
  const std::string all = keys_.prefix() + "/";
  const auto there = etcd_.range(all, {.end = storage::end_of_prefix(all), .limit = 1, .keys_only = true});
  if (!there) return tl::unexpected(there.error().text);
  if (!there->records.empty())
    return tl::unexpected("etcd has keys under " + all +
                          " that belong to no cluster: use another prefix, or remove them with etcdctl del --prefix " +
                          all);
  const identity who{.id = new_id(), .ready = false, .created = now_text()};
  // First: else nobody could go on if it ended here.
  if (auto noted = note(who.id); !noted) return tl::unexpected(noted.error());
  const auto made = ask_patiently([&] {
    return etcd_.commit({{{keys_.identity(), 0}}, {etcd::operation::put(keys_.identity(), identity_text(who))}, {}});
  });
  if (!made) return tl::unexpected(made.error().text);
  // It may have been made by an attempt that was not answered.
  const auto now = read_identity(etcd_, keys_);
  if (!now) return tl::unexpected(now.error());
  if (!*now) return tl::unexpected<std::string>("somebody has removed the cluster's keys meanwhile: try again");
  return (*now)->id == who.id ? tl::expected<identity, std::string>(**now) : refuse(**now);
}

done founding::upload_all(const identity& who) {
  const auto facts = store_.statistics();
  if (!facts) return tl::unexpected(facts.error());
  std::uint64_t records = 0;
  for (const auto& row : storage::slice_table)
    if (is_uploaded(row)) records += facts->slices[storage::index_of(row.id)].records;

  const auto view = store_.read();
  upload up(etcd_, keys_, who.revision);
  const auto tell = [&](std::uint64_t before, std::uint64_t n) {
    if (progress_) progress_(before + n, 2 * records);
  };
  const auto sent = up.send(*view, [&](std::uint64_t n) { tell(0, n); });
  if (!sent) return tl::unexpected(sent.error());
  const auto differ = up.compare(*view, [&](std::uint64_t n) { tell(records, n); });
  if (!differ) return tl::unexpected(differ.error());
  if (*differ == 0) return {};
  return tl::unexpected("etcd differs from the store in " + std::to_string(*differ) +
                        " records after the upload: does somebody else write there? Try again");
}

done founding::declare_ready(identity who) {
  const std::uint64_t guard = who.revision;
  who.ready = true;
  const auto made = ask_patiently([&] {
    return etcd_.commit(
        {{{keys_.identity(), guard}},
         {etcd::operation::put(keys_.identity(), identity_text(who)), etcd::operation::put(keys_.head(), "founded")},
         {}});
  });
  if (!made) return tl::unexpected(made.error().text);
  const auto now = read_identity(etcd_, keys_);
  if (!now) return tl::unexpected(now.error());
  if (*now && (*now)->id == who.id && (*now)->ready) return {};
  return tl::unexpected<std::string>("somebody else goes on with the upload, or has removed it: try again");
}

done founding::join(const std::string& id) {
  if (auto begun = storage::projection(store_).begin_rebuild(id); !begun) return begun;
  return note(std::nullopt);
}

std::string founding::uploaded_as() const {
  const auto view = store_.read();
  const auto found = view->get(slice::meta, upload_key);
  return found ? std::string(found->value) : std::string();
}

done founding::note(const std::optional<std::string>& id) {
  const auto result = store_.transact([&](storage::draft& state) {
    if (id)
      state.put(slice::meta, upload_key, upload_key_revision, *id);
    else
      state.erase(slice::meta, upload_key);
    return true;
  });
  if (result == storage::commit_result::applied) return {};
  return tl::unexpected("the store cannot be written: " + store_.last_failure());
}

}  // namespace

tl::expected<std::string, std::string> found_cluster(storage::environment& store, const options& o,
                                                     const transfer_progress& progress) {
  return founding(store, o, progress).run();
}

}  // namespace authnz::net::cluster
