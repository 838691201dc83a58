#include "net/etcd/member_health.hpp"

#include <algorithm>

namespace authnz::net::etcd {

std::vector<std::size_t> member_health::order() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> all(members_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = (first_ + i) % all.size();
  const auto silence = [this](std::size_t m) {
    return members_[m].is_silent() ? members_[m].silent : clock::time_point();
  };
  std::ranges::stable_sort(all, {}, silence);
  return all;
}

void member_health::answered(std::size_t member, std::uint64_t term) {
  const std::lock_guard lock(mutex_);
  members_[member].answered = clock::now();
  term_ = std::max(term_, term);
  if (members_[first_].is_silent()) first_ = member;
}

void member_health::silent(std::size_t member) {
  const std::lock_guard lock(mutex_);
  members_[member].silent = clock::now();
}

member_health::moment member_health::now() const {
  const std::lock_guard lock(mutex_);
  return {clock::now(), term_};
}

bool member_health::left(std::size_t member, const moment& since) const {
  const auto& it = members_[member];
  return it.is_silent() && it.silent >= since.time &&
         std::ranges::any_of(members_, [&](const note& other) { return other.answered > it.silent; });
}

bool member_health::is_left(std::size_t member, const moment& since) const {
  const std::lock_guard lock(mutex_);
  return left(member, since);
}

bool member_health::is_hopeless(std::size_t member, const moment& since) const {
  // What is given up is sent again: not when all are a little slow.
  constexpr std::chrono::milliseconds shortest_wait{500};
  if (clock::now() - since.time < shortest_wait) return false;
  const std::lock_guard lock(mutex_);
  return left(member, since) || term_ > since.term;
}

}  // namespace authnz::net::etcd
