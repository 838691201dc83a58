#include "storage/projection.hpp"

#include <algorithm>
#include <utility>

#include "storage/audit_store.hpp"
#include "storage/codec.hpp"
#include "storage/indexes.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

using done = tl::expected<void, std::string>;

constexpr std::uint8_t mark_version = 1;
// Marks are no records of the engine's.
constexpr std::uint64_t mark_revision = 1;
/// Records that one LMDB transaction of a rebuild changes.
constexpr std::size_t most_changes = 10'000;

done error(std::string text) { return tl::make_unexpected(std::move(text)); }

void put_mark(draft& state, const projection_mark& mark) {
  state.put(
      slice::meta, projection_key, mark_revision,
      record_writer(mark_version).bytes(mark.cluster).u64(mark.applied).boolean(mark.whole).bytes(mark.head).take());
}

std::string why_not_whole(const projection_mark& mark) {
  if (mark.cluster.empty() && !mark.whole) return "the store cannot tell whose it is; give the node a new one";
  if (mark.cluster.empty()) return "the store is a single node's own, not a cluster's";
  return mark.whole ? "" : "the store is being rebuilt from the cluster";
}

bool is_projected(slice in) { return in < slice::count_ && row(in).of == scope::cluster && !row(in).derived; }
bool is_key(std::string_view key) { return !key.empty() && key.size() <= max_key_size; }

done check_key(slice in, std::string_view key) {
  if (is_projected(in) && is_key(key)) return {};
  return error("the cluster has a record that cannot be stored here: a key of " + std::to_string(key.size()) +
               " bytes in slice " + std::to_string(index_of(in)) +
               "; is there a newer program, or another, that writes to it?");
}

index_changes derive_what_can_be(slice in, std::string_view key, std::optional<std::string_view> before,
                                 std::optional<std::string_view> after) {
  if (auto all = derive_indexes(in, key, before, after)) return std::move(*all);
  index_changes some;
  if (auto old = derive_indexes(in, key, before, std::nullopt)) some.gone = std::move(old->gone);
  if (auto now = derive_indexes(in, key, std::nullopt, after)) some.made = std::move(now->made);
  return some;
}

void store_record(draft& state, slice in, std::string_view key, std::uint64_t revision,
                  std::optional<std::string_view> value) {
  index_changes indexes;
  if (is_indexed(in)) {
    const auto found = state.get(in, key);
    const auto before = found ? std::optional(found->value) : std::nullopt;
    indexes = derive_what_can_be(in, key, before, value);
  }
  if (value)
    state.put(in, key, revision, *value);
  else
    state.erase(in, key);
  for (const auto& entry : indexes.gone) state.erase(entry.in, entry.key);
  for (const auto& entry : indexes.made) state.put(entry.in, entry.key, revision, {});
}

/// Behind the trail's last record, which must be readable.
done append_events(draft& state, const std::vector<std::string>& events, std::uint64_t revision) {
  if (events.empty()) return {};
  state.clear_fault();
  auto end = last_audit_record(state);
  if (state.fault())
    return error("the end of the audit trail cannot be read: restore the node's store, or give it a new one");
  append_audit(state, std::move(end), events, revision);
  return {};
}

done apply_revision(draft& state, const revision_changes& changes) {
  for (const auto& w : changes.writes)
    if (auto fine = check_key(w.in, w.key); !fine) return fine;
  for (const auto& w : changes.writes) store_record(state, w.in, w.key, changes.revision, w.value);
  return append_events(state, changes.events, changes.revision);
}

tl::expected<projection_mark, std::string> whole_mark(const draft& state) {
  auto mark = read_projection_mark(state);
  if (auto why = why_not_whole(mark); !why.empty()) return tl::make_unexpected(std::move(why));
  return mark;
}

tl::expected<projection_mark, std::string> mark_of_rebuild(const draft& state) {
  auto mark = read_projection_mark(state);
  if (mark.cluster.empty() || mark.whole) return tl::make_unexpected<std::string>("no rebuild was begun");
  return mark;
}

/// What makes the store's range equal to the page: at most `most_changes` of it.
class page_changes {
 public:
  page_changes(const draft& state, const projection_page& page) : page_(page), next_(page.records.begin()) {
    readable_ = state.scan_all(page.in, page.first, [&](std::string_view key, const record& stored) {
      if (page_.end && key >= *page_.end) return false;
      meet(key, stored);
      return !full();
    });
    while (!full() && next_ != page_.records.end()) changed_.push_back(&*next_++);
  }

  bool readable() const { return readable_; }
  bool full() const { return changed_.size() + gone_.size() >= most_changes; }
  void make(draft& state) const {
    for (const auto& key : gone_) store_record(state, page_.in, key, 0, std::nullopt);
    for (const auto* r : changed_) store_record(state, page_.in, r->key, r->revision, r->value);
  }

 private:
  void meet(std::string_view key, const record& stored) {
    while (next_ != page_.records.end() && next_->key < key) changed_.push_back(&*next_++);
    if (next_ == page_.records.end() || next_->key != key) {
      gone_.emplace_back(key);
      return;
    }
    if (next_->revision != stored.revision || next_->value != stored.value) changed_.push_back(&*next_);
    ++next_;
  }

  const projection_page& page_;
  std::vector<projected_record>::const_iterator next_;
  std::vector<const projected_record*> changed_;
  std::vector<std::string> gone_;
  bool readable_ = false;
};

done check_page(const projection_page& page) {
  const std::string* last = nullptr;
  for (const auto& r : page.records) {
    if (auto fine = check_key(page.in, r.key); !fine) return fine;
    if (r.revision == 0 || r.key < page.first || (page.end && r.key >= *page.end) || (last && r.key <= *last))
      return error("a page of the cluster's records is not in order");
    last = &r.key;
  }
  if (is_projected(page.in)) return {};
  return error("a page of the cluster's records is of a slice that is not the cluster's");
}

/// Runs a change that says why it cannot be, if so.
template <class Change>
done transact(environment& store, Change&& change) {
  done result;
  const auto committed = store.transact([&](draft& state) {
    result = change(state);
    return result.has_value();
  });
  if (!result) return result;
  if (committed == commit_result::applied) return {};
  auto why = store.last_failure();
  return error(why.empty() ? "the store cannot be written" : std::move(why));
}

}  // namespace

projection_mark read_projection_mark(const view& v) {
  const auto found = v.get(slice::meta, projection_key);
  if (!found)
    return v.fault() ? projection_mark{.cluster = {}, .applied = 0, .whole = false, .head = {}} : projection_mark{};
  record_reader in(found->value, mark_version);
  projection_mark mark;
  mark.cluster = in.bytes();
  mark.applied = in.u64();
  mark.whole = in.boolean();
  mark.head = in.bytes();
  if (in.finished()) return mark;
  v.report_fault();
  return {.cluster = {}, .applied = 0, .whole = false, .head = {}};
}

projection_mark projection::mark() const { return read_projection_mark(*store_.read()); }

done projection::apply(std::span<const revision_changes> changes) {
  return transact(store_, [&](draft& state) -> done {
    auto mark = whole_mark(state);
    if (!mark) return error(mark.error());
    const auto before = mark->applied;
    for (const auto& one : changes) {
      if (one.revision <= mark->applied) continue;
      if (auto fine = apply_revision(state, one); !fine) return fine;
      mark->applied = one.revision;
      if (!one.head.empty()) mark->head = one.head;
    }
    if (mark->applied != before) put_mark(state, *mark);
    return {};
  });
}

done projection::begin_rebuild(const std::string& cluster) {
  if (cluster.empty()) return error("a cluster without an id cannot be followed");
  return transact(store_, [&](draft& state) -> done {
    const auto mark = read_projection_mark(state);
    put_mark(state,
             {.cluster = cluster, .applied = mark.cluster == cluster ? mark.applied : 0, .whole = false, .head = {}});
    return {};
  });
}

done projection::rebuild(const projection_page& page) {
  if (auto fine = check_page(page); !fine) return fine;
  for (bool more = true; more;) {
    auto did = transact(store_, [&](draft& state) -> done {
      if (const auto mark = mark_of_rebuild(state); !mark) return error(mark.error());
      const page_changes changes(state, page);
      if (!changes.readable()) return error("the store cannot be read; give the node a new one");
      changes.make(state);
      more = changes.full();
      return {};
    });
    if (!did) return did;
  }
  return {};
}

done projection::end_rebuild(std::uint64_t revision, const std::string& event_of_gap, const std::string& head) {
  return transact(store_, [&](draft& state) -> done {
    auto mark = mark_of_rebuild(state);
    if (!mark) return error(mark.error());
    const bool gap = mark->applied != 0 && mark->applied != revision;
    if (gap && !event_of_gap.empty())
      if (auto fine = append_events(state, {event_of_gap}, revision); !fine) return fine;
    put_mark(state, {.cluster = mark->cluster, .applied = revision, .whole = true, .head = head});
    return {};
  });
}

done projection::leave() {
  return transact(store_, [&](draft& state) -> done {
    const auto mark = read_projection_mark(state);
    if (!mark.whole) return error("the store is not whole: let the node finish its rebuild first");
    if (mark.cluster.empty()) return {};
    const auto own = state.get(slice::meta, revision_key);
    const auto last = std::max(own ? own->revision : 0, mark.applied);
    if (last != 0) state.put(slice::meta, revision_key, last, {});
    state.erase(slice::meta, projection_key);
    return {};
  });
}

}  // namespace authnz::storage
