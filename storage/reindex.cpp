#include "storage/reindex.hpp"

#include <string>
#include <vector>

#include "storage/indexes.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

// Nobody writes to what is being visited, so a few are read before they are written.
constexpr std::size_t a_few = 5'000;

bool is_index(slice in) { return row(in).derived && in != slice::audit; }

bool empty(draft& state, slice in) {
  for (;;) {
    std::vector<std::string> keys;
    const bool readable = state.scan_all(in, {}, [&](std::string_view key, const record&) {
      keys.emplace_back(key);
      return keys.size() < a_few;
    });
    if (!readable || state.failed()) return false;
    if (keys.empty()) return true;
    for (const auto& key : keys) state.erase(in, key);
  }
}

struct made_entry {
  index_entry entry;
  std::uint64_t revision;
};

/// Whether all could be read.
bool fill(draft& state, slice in, std::string from, reindexed& all) {
  for (;;) {
    std::vector<made_entry> made;
    std::size_t seen = 0;
    std::string last;
    const bool readable = state.scan_all(in, from, [&](std::string_view key, const record& found) {
      last = key;
      const auto changes = derive_indexes(in, key, std::nullopt, found.value);
      if (!changes || found.revision == 0) return ++all.damaged, ++seen < a_few;
      for (const auto& entry : changes->made) made.push_back({entry, found.revision});
      return ++all.records, ++seen < a_few;
    });
    if (!readable || state.failed()) return false;
    for (const auto& one : made) state.put(one.entry.in, one.entry.key, one.revision, {});
    all.entries += made.size();
    if (seen < a_few) return true;
    from = last + '\0';
  }
}

}  // namespace

reindexed reindex(draft& state) {
  reindexed all;
  for (const auto& r : slice_table)
    if (is_index(r.id)) all.readable = all.readable && empty(state, r.id);
  for (const auto& r : slice_table)
    if (is_indexed(r.id)) all.readable = all.readable && fill(state, r.id, {}, all);
  return all;
}

}  // namespace authnz::storage
