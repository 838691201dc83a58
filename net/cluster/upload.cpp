#include "net/cluster/upload.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/duties.hpp"
#include "net/cluster/patience.hpp"
#include "storage/batching.hpp"

namespace authnz::net::cluster {
namespace {

using etcd::failure;
using done = tl::expected<void, std::string>;

/// The records of a slice in etcd, one after the other.
class cursor {
 public:
  cursor(etcd::client& etcd, std::string first, std::string end)
      : etcd_(etcd), next_(std::move(first)), end_(std::move(end)) {}

  /// Null behind the last.
  etcd::outcome<const etcd::key_value*> look();
  void pass() { ++at_; }

 private:
  etcd::client& etcd_;
  std::string next_;
  std::string end_;
  std::vector<etcd::key_value> page_;
  std::size_t at_ = 0;
  bool more_ = true;
  std::uint32_t limit_ = 1000;
};

etcd::outcome<const etcd::key_value*> cursor::look() {
  while (at_ == page_.size() && more_) {
    auto page = ask_patiently([&] { return etcd_.range(next_, {.end = end_, .limit = limit_}); });
    if (!page && page.error().what == failure::kind::too_large && limit_ > 1) {
      limit_ = std::max(limit_ / 8, 1U);
      continue;
    }
    if (!page) return tl::unexpected(page.error());
    page_ = std::move(page->records);
    at_ = 0;
    more_ = page->more && !page_.empty();
    if (!page_.empty()) next_ = page_.back().key + '\0';
  }
  return at_ == page_.size() ? nullptr : &page_[at_];
}

/// Collects changes, and sends them when a transaction is full.
class sender {
 public:
  sender(etcd::client& etcd, const storage::cluster_keys& keys, std::uint64_t guard)
      : etcd_(etcd), keys_(keys), guard_(guard) {}

  done add(etcd::operation o);
  done flush();

 private:
  etcd::client& etcd_;
  const storage::cluster_keys& keys_;
  std::uint64_t guard_;
  std::vector<etcd::operation> operations_;
  std::size_t bytes_ = 0;
};

done sender::add(etcd::operation o) {
  constexpr std::size_t bytes_an_operation = 64;
  const storage::batch_limits limits;
  const std::size_t bytes = bytes_an_operation + o.key.size() + o.value.size();
  if (operations_.size() + 1 == limits.operations || bytes_ + bytes > limits.bytes)
    if (auto sent = flush(); !sent) return sent;
  bytes_ += bytes;
  operations_.push_back(std::move(o));
  return {};
}

done sender::flush() {
  if (operations_.empty()) return {};
  etcd::transaction t{{{keys_.identity(), guard_}}, std::exchange(operations_, {}), {}};
  const std::size_t bytes = std::exchange(bytes_, 0);
  t.then.push_back(etcd::operation::put(keys_.head(), "uploading"));
  const auto sent = ask_patiently([&] { return etcd_.commit(t); });
  if (!sent && sent.error().what == failure::kind::too_large)
    return tl::unexpected(sent.error().text + ": " + std::to_string(bytes) +
                          " bytes of records; start etcd with a greater --max-request-bytes");
  if (!sent) return tl::unexpected(sent.error().text);
  if (sent->succeeded) return {};
  return tl::unexpected<std::string>("somebody else goes on with the upload, or has removed it: try again");
}

/// Walks through a slice of the store and of etcd side by side.
class comparison {
 public:
  using change = std::function<done(etcd::operation)>;

  comparison(etcd::client& etcd, const storage::cluster_keys& keys, storage::slice in, change found)
      : there_(etcd, keys.records(in), storage::end_of_prefix(keys.records(in))),
        keys_(keys),
        in_(in),
        found_(std::move(found)) {}

  done take(std::string_view key, std::string_view value);
  done finish() { return erase_until(std::nullopt); }

 private:
  done erase_until(const std::optional<std::string>& key);

  cursor there_;
  const storage::cluster_keys& keys_;
  storage::slice in_;
  change found_;
};

// What etcd has before the key, and the store has not.
done comparison::erase_until(const std::optional<std::string>& key) {
  for (;;) {
    const auto there = there_.look();
    if (!there) return tl::unexpected(there.error().text);
    if (*there == nullptr || (key && (*there)->key >= *key)) return {};
    if (auto told = found_(etcd::operation::erase((*there)->key)); !told) return told;
    there_.pass();
  }
}

done comparison::take(std::string_view key, std::string_view value) {
  std::string wanted = keys_.record(in_, key);
  if (auto erased = erase_until(wanted); !erased) return erased;
  const auto there = there_.look();
  if (!there) return tl::unexpected(there.error().text);
  const bool is_there = *there != nullptr && (*there)->key == wanted;
  const bool is_same = is_there && (*there)->value == value;
  if (is_there) there_.pass();
  return is_same ? done() : found_(etcd::operation::put(std::move(wanted), std::string(value)));
}

struct walk {
  etcd::client& etcd;
  const storage::cluster_keys& keys;
  const storage::view& from;
  const upload::told& progress;
  comparison::change found;
  std::uint64_t records = 0;

  done through(storage::slice in);
  done through_all();
};

done walk::through(storage::slice in) {
  constexpr std::uint64_t told_every = 1000;
  comparison compare(etcd, keys, in, found);
  done result;
  from.scan(in, {}, [&](std::string_view key, const storage::record& r) {
    if (stays(in, key)) return true;
    if (++records % told_every == 0 && progress) progress(records);
    result = compare.take(key, r.value);
    return result.has_value();
  });
  if (!result) return result;
  if (from.fault())
    return tl::unexpected(std::string("the store has damaged records in ") + storage::row(in).name +
                          ": run authnzctl fsck, and restore a backup");
  return compare.finish();
}

done walk::through_all() {
  for (const auto& row : storage::slice_table) {
    if (!is_uploaded(row)) continue;
    if (auto walked = through(row.id); !walked) return walked;
  }
  if (progress) progress(records);
  return {};
}

}  // namespace

bool stays(storage::slice in, std::string_view key) {
  return in == storage::slice::marks && key.starts_with(actors::duty_key_prefix);
}

tl::expected<std::uint64_t, std::string> upload::send(const storage::view& from, const told& progress) {
  std::uint64_t changed = 0;
  sender to(etcd_, keys_, guard_);
  walk all{etcd_, keys_, from, progress, [&](etcd::operation o) { return ++changed, to.add(std::move(o)); }};
  auto sent = all.through_all();
  if (sent) sent = to.flush();
  if (!sent) return tl::unexpected(sent.error());
  return changed;
}

tl::expected<std::uint64_t, std::string> upload::compare(const storage::view& from, const told& progress) {
  std::uint64_t changed = 0;
  walk all{etcd_, keys_, from, progress, [&](const etcd::operation&) { return ++changed, done(); }};
  if (auto walked = all.through_all(); !walked) return tl::unexpected(walked.error());
  return changed;
}

}  // namespace authnz::net::cluster
