#include <map>

#include "net/cluster/duty_marks.hpp"
#include "net/cluster/membership.hpp"

namespace authnz::net::cluster {

etcd::outcome<std::vector<member>> read_members(etcd::client& etcd, const storage::cluster_keys& keys) {
  const auto marks = keys.record(storage::slice::marks, actors::duty_key_prefix);
  const auto read = etcd.commit({{},
                                 {etcd::operation::get(keys.members(), {.end = storage::end_of_prefix(keys.members())}),
                                  etcd::operation::get(marks, {.end = storage::end_of_prefix(marks)})},
                                 {}});
  if (!read) return tl::unexpected(read.error());
  std::map<std::string, std::vector<std::string>> duties;
  for (const auto& mark : read->answers.at(1).range.records)
    duties[mark.value].push_back(mark.key.substr(marks.size()));
  std::vector<member> out;
  for (const auto& r : read->answers.at(0).range.records) {
    auto who = decode_registrant(r.value);
    auto node = r.key.substr(keys.members().size());
    auto held = duties[node];
    out.push_back({std::move(node), std::move(who.address), std::move(who.version), std::move(who.started),
                   r.mod_revision, std::move(held), std::move(who.link)});
  }
  return out;
}

}  // namespace authnz::net::cluster
