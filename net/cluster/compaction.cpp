#include "net/cluster/compaction.hpp"

namespace authnz::net::cluster {

std::optional<std::uint64_t> compaction::old_enough(boot_clock::time_point now) {
  const auto is_old = [&](const note& n) { return n.time + history_ <= now; };
  while (notes_.size() > 1 && is_old(notes_[1])) notes_.pop_front();
  if (notes_.empty() || !is_old(notes_.front())) return std::nullopt;
  return notes_.front().revision;
}

etcd::outcome<std::optional<std::uint64_t>> compaction::run(etcd::client& etcd, const storage::cluster_keys& keys,
                                                            bool on_duty, boot_clock::time_point now) {
  next_ = now + every_;
  const auto head = etcd.range(keys.head(), {.keys_only = true});
  if (!head) return tl::unexpected(head.error());
  notes_.push_back({now, head->revision});
  const auto to = old_enough(now);
  if (!on_duty || !to || *to <= done_) return std::nullopt;
  const auto compacted = etcd.compact(*to);
  const bool was_already = !compacted && compacted.error().what == etcd::failure::kind::compacted;
  if (!compacted && !was_already) return tl::unexpected(compacted.error());
  done_ = *to;
  return to;
}

}  // namespace authnz::net::cluster
