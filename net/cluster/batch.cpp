#include "net/cluster/batch.hpp"

namespace authnz::net::cluster {
namespace {

// Before the parts: the batch key and the head.
constexpr std::size_t first_part = 2;

etcd::transaction part_of(const storage::cluster_keys& keys, const std::string& node, std::size_t n,
                          const storage::mini_transaction& tx) {
  etcd::transaction part;
  part.compares.reserve(tx.expects.size());
  for (const auto& e : tx.expects) part.compares.push_back({keys.record(e.in, e.key), e.revision});
  part.then.reserve(tx.writes.size() + 1);
  for (const auto& w : tx.writes) {
    auto key = keys.record(w.in, w.key);
    part.then.push_back(w.value ? etcd::operation::put(std::move(key), *w.value)
                                : etcd::operation::erase(std::move(key)));
  }
  part.then.push_back(etcd::operation::put(keys.part(node, n), storage::encode_events(tx.events)));
  return part;
}

batch_outcome applied_now(const etcd::transaction_answer& answer, std::size_t parts) {
  batch_outcome out{batch_outcome::kind::decided, answer.revision, {}};
  for (std::size_t i = 0; i < parts; ++i) {
    const auto& inner = answer.answers[first_part + i].inner;
    out.held.push_back(inner && inner->succeeded);
  }
  return out;
}

// The branch that is taken when the batch key has another revision.
std::optional<batch_outcome> applied_before(const etcd::transaction_answer& answer, const storage::cluster_keys& keys,
                                            const std::string& node, const batch_place& p, std::size_t parts) {
  if (answer.answers.size() != 2) return std::nullopt;
  const auto& batch = answer.answers[0].range.records;
  if (batch.empty() || !batch.front().value.starts_with(p.session + ":"))
    return batch_outcome{batch_outcome::kind::fenced, 0, {}};
  const auto revision = batch.front().mod_revision;
  if (batch.front().value != batch_value(p)) return batch_outcome{batch_outcome::kind::displaced, revision, {}};

  batch_outcome out{batch_outcome::kind::decided, revision, std::vector<bool>(parts, false)};
  const auto& marks = answer.answers[1].range.records;
  for (std::size_t i = 0; i < parts; ++i)
    for (const auto& mark : marks)
      if (mark.mod_revision == revision && mark.key == keys.part(node, i)) out.held[i] = true;
  return out;
}

}  // namespace

std::string batch_value(const batch_place& p) { return p.session + ":" + std::to_string(p.number); }

etcd::transaction compose(const storage::cluster_keys& keys, const std::string& node, const batch_place& p,
                          std::span<const storage::mini_transaction* const> batch) {
  etcd::transaction t;
  t.compares.push_back({keys.batch(node), p.expected});
  t.then.reserve(first_part + batch.size());
  t.then.push_back(etcd::operation::put(keys.batch(node), batch_value(p)));
  t.then.push_back(etcd::operation::put(keys.head(), batch_value(p)));
  for (std::size_t i = 0; i < batch.size(); ++i)
    t.then.push_back(etcd::operation::nested(part_of(keys, node, i, *batch[i])));
  t.otherwise = inquire(keys, node).then;
  return t;
}

etcd::transaction inquire(const storage::cluster_keys& keys, const std::string& node) {
  const auto parts = keys.parts(node);
  etcd::transaction t;
  t.then.push_back(etcd::operation::get(keys.batch(node)));
  t.then.push_back(etcd::operation::get(parts, {.end = storage::end_of_prefix(parts), .keys_only = true}));
  return t;
}

std::optional<batch_outcome> read_outcome(const etcd::transaction_answer& answer, const storage::cluster_keys& keys,
                                          const std::string& node, const batch_place& p, std::size_t parts) {
  if (!answer.succeeded) return applied_before(answer, keys, node, p, parts);
  if (answer.answers.size() != first_part + parts) return std::nullopt;
  return applied_now(answer, parts);
}

}  // namespace authnz::net::cluster
