#include "net/cluster/changes.hpp"

#include <iterator>

namespace authnz::net::cluster {

read_changes changes_of(const storage::cluster_keys& keys, std::vector<etcd::event>&& events) {
  using kind = storage::cluster_key::kind;
  read_changes out;
  for (auto& e : events) {
    if (out.changes.empty() || out.changes.back().revision != e.revision)
      out.changes.push_back({e.revision, {}, {}, {}});
    auto& at = out.changes.back();
    const auto key = keys.parse(e.key);
    if (key.what == kind::head && e.value) {
      at.head = std::move(*e.value);
    } else if (key.what == kind::record) {
      at.writes.push_back({key.in, std::string(key.key), std::move(e.value)});
    } else if (key.what == kind::part && e.value) {
      auto texts = storage::decode_events(*e.value);
      if (!texts) {
        ++out.damaged;
        continue;
      }
      std::move(texts->begin(), texts->end(), std::back_inserter(at.events));
    }
  }
  return out;
}

}  // namespace authnz::net::cluster
