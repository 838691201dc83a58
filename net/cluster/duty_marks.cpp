#include "net/cluster/duty_marks.hpp"

#include <algorithm>

namespace authnz::net::cluster {

namespace {

using actors::duty;
using etcd::operation;

std::string mark_of(const storage::cluster_keys& keys, duty d) { return keys.record(storage::slice::marks, key_of(d)); }

bool is_there(const registration& node, const etcd::range_answer& found) {
  return !found.records.empty() && found.records.front().mod_revision == node.revision();
}

}  // namespace

std::string key_of(duty d) { return std::string(actors::duty_key_prefix) + std::string(actors::name(d)); }

etcd::outcome<duty_marks> read_marks(etcd::client& etcd, const storage::cluster_keys& keys, const registration& node) {
  const auto all = keys.record(storage::slice::marks, actors::duty_key_prefix);
  const auto read = etcd.commit(
      {{}, {operation::get(keys.member(node.node())), operation::get(all, {.end = storage::end_of_prefix(all)})}, {}});
  if (!read) return tl::unexpected(read.error());
  duty_marks out;
  out.registered = is_there(node, read->answers.at(0).range);
  const auto& marks = read->answers.at(1).range.records;
  for (std::size_t i = 0; i < duty_count; ++i) {
    const auto d = static_cast<duty>(i);
    const auto mark = std::ranges::find(marks, mark_of(keys, d), &etcd::key_value::key);
    if (mark == marks.end())
      out.free.push_back(d);
    else if (mark->lease == node.lease())
      out.revision.at(i) = mark->mod_revision;
  }
  return out;
}

etcd::outcome<std::uint64_t> take(etcd::client& etcd, const storage::cluster_keys& keys, const registration& node,
                                  duty d) {
  const auto key = mark_of(keys, d);
  const auto done = etcd.commit(
      {{{key, 0}, {keys.member(node.node()), node.revision()}}, {operation::put(key, node.node(), node.lease())}, {}});
  if (!done) return tl::unexpected(done.error());
  return done->succeeded ? done->revision : 0;
}

etcd::outcome<void> give_up(etcd::client& etcd, const storage::cluster_keys& keys, duty d, std::uint64_t revision) {
  const auto key = mark_of(keys, d);
  const auto done = etcd.commit({{{key, revision}}, {operation::erase(key)}, {}});
  if (!done) return tl::unexpected(done.error());
  return {};
}

}  // namespace authnz::net::cluster
