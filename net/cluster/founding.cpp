#include <array>
#include <chrono>

#include "net/cluster/identity.hpp"
#include "net/cluster/patience.hpp"
#include "net/cluster/upload.hpp"
#include "proto/time.hpp"
#include "proto/token.hpp"
#include "storage/codec.hpp"
#include "storage/projection.hpp"

namespace authnz::net::cluster {
namespace {

using done = tl::expected<void, std::string>;
using storage::slice;

/// Of the slice `meta`: the id of the cluster that this store is uploaded as.
constexpr std::string_view upload_key = "cluster-upload";
constexpr std::uint64_t upload_key_revision = 1;
constexpr std::uint8_t upload_note_version = 1;

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
  done check_unchanged(const identity& who);
  tl::expected<identity, std::string> refuse(const identity& other) const;
  done upload_all(const identity& who);
  done declare_ready(identity who);
  done join(const std::string& id);

  /// The id that this store was uploaded under, and its own last revision then.
  struct upload_note {
    std::string id;
    std::uint64_t revision = 0;
  };
  upload_note noted() const;
  done note(const std::string& id);
  done forget_note();
  tl::expected<std::uint64_t, std::string> last_revision();

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
  if (who->ready) {
    if (auto same = check_unchanged(*who); !same) return tl::unexpected(same.error());
  } else {
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
  if ((*who)->id == noted().id) return **who;
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
  if (auto written = note(who.id); !written) return tl::unexpected(written.error());
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

  // What is uploaded is the store as it is now.
  if (auto written = note(who.id); !written) return written;
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
    return etcd_.commit({{{keys_.identity(), guard}},
                         {etcd::operation::put(keys_.identity(), identity_text(who)),
                          etcd::operation::put(keys_.head(), "founded:" + who.id)},
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
  return forget_note();
}

// The server may have been started without the cluster since: what it has
// decided then is in the store alone, and must not be taken for uploaded.
done founding::check_unchanged(const identity& who) {
  const auto now = last_revision();
  if (!now) return tl::unexpected(now.error());
  if (noted().revision == *now) return {};
  return tl::unexpected("the store has changed since it was uploaded as cluster " + who.id +
                        ": the cluster does not have what it decided since. Let nodes with empty stores join the "
                        "cluster, or upload this store under another prefix");
}

founding::upload_note founding::noted() const {
  const auto view = store_.read();
  const auto found = view->get(slice::meta, upload_key);
  if (!found) return {};
  storage::record_reader in(found->value, upload_note_version);
  upload_note note{.id = std::string(in.bytes()), .revision = in.u64()};
  return in.finished() ? note : upload_note{};
}

tl::expected<std::uint64_t, std::string> founding::last_revision() {
  const auto facts = store_.statistics();
  if (!facts) return tl::unexpected(facts.error());
  return facts->last_revision;
}

done founding::note(const std::string& id) {
  const auto now = last_revision();
  if (!now) return tl::unexpected(now.error());
  const auto text = storage::record_writer(upload_note_version).bytes(id).u64(*now).take();
  const auto result = store_.transact([&](storage::draft& state) {
    state.put(slice::meta, upload_key, upload_key_revision, text);
    return true;
  });
  if (result == storage::commit_result::applied) return {};
  return tl::unexpected("the store cannot be written: " + store_.last_failure());
}

done founding::forget_note() {
  const auto result = store_.transact([](storage::draft& state) {
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
