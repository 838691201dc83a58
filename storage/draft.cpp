#include "storage/draft.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/audit_store.hpp"
#include "storage/indexes.hpp"
#include "storage/slices.hpp"
#include "storage/store.hpp"

namespace authnz::storage {
namespace {

constexpr std::array own_keys{format_key, revision_key, audit_anchor_key, projection_key};

bool may_name(slice in, std::string_view key) {
  if (in >= slice::count_ || row(in).derived) return false;
  if (in == slice::meta && std::ranges::find(own_keys, key) != own_keys.end()) return false;
  return !key.empty() && key.size() <= max_key_size;
}

bool writes_a_key_twice(const std::vector<write>& writes) {
  std::vector<std::pair<slice, std::string_view>> keys;
  keys.reserve(writes.size());
  for (const auto& w : writes) keys.emplace_back(w.in, w.key);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

bool holds(const draft& state, const expectation& e) {
  const auto found = state.get(e.in, e.key);
  return (found ? found->revision : 0) == e.revision;
}

std::optional<index_changes> derive(const draft& state, const write& w) {
  if (!is_indexed(w.in)) return index_changes{};
  const auto found = state.get(w.in, w.key);
  if (state.fault()) return std::nullopt;
  const auto before = found ? std::optional(found->value) : std::nullopt;
  const auto after = w.value ? std::optional<std::string_view>(*w.value) : std::nullopt;
  return derive_indexes(w.in, w.key, before, after);
}

void apply(draft& state, const write& w, const index_changes& indexes, std::uint64_t revision) {
  if (w.value)
    state.put(w.in, w.key, revision, *w.value);
  else
    state.erase(w.in, w.key);
  for (const auto& entry : indexes.gone) state.erase(entry.in, entry.key);
  for (const auto& entry : indexes.made) state.put(entry.in, entry.key, revision, {});
}

}  // namespace

bool is_well_formed(const mini_transaction& tx) {
  const auto fine = [](const auto& part) { return may_name(part.in, part.key); };
  return std::ranges::all_of(tx.expects, fine) && std::ranges::all_of(tx.writes, fine) &&
         !writes_a_key_twice(tx.writes);
}

commit_result judge(draft& state, const mini_transaction& tx, std::uint64_t revision) {
  if (!is_well_formed(tx)) return commit_result::storage_error;

  state.clear_fault();
  const bool expected = std::ranges::all_of(tx.expects, [&](const auto& e) { return holds(state, e); });
  if (state.fault()) return commit_result::storage_error;
  if (!expected) return commit_result::conflict;

  std::vector<index_changes> indexes;
  indexes.reserve(tx.writes.size());
  for (const auto& w : tx.writes) {
    auto derived = derive(state, w);
    if (!derived) return commit_result::storage_error;
    indexes.push_back(std::move(*derived));
  }
  // Reads of the trail come first: once something is written there is no way back.
  auto trail = tx.events.empty() ? audit_end() : last_audit_record(state);
  if (state.fault()) return commit_result::storage_error;
  for (std::size_t i = 0; i < tx.writes.size(); ++i) apply(state, tx.writes[i], indexes[i], revision);
  append_audit(state, std::move(trail), tx.events, revision);
  if (tx.forget_events) forget_audit(state, *tx.forget_events, revision);
  return commit_result::applied;
}

}  // namespace authnz::storage
