// What nodes of a cluster do with each other's buckets.
#include <algorithm>

#include "actors/rate_buckets.hpp"

namespace authnz::actors {

namespace {

constexpr std::int64_t step = 60'000'000;

std::int64_t since_step(std::int64_t created, std::int64_t now) {
  return std::max<std::int64_t>(now - created, 0) % step;
}

}  // namespace

rate_place rate_buckets::place_of(const proto::request_row& row, const rate_subject& subject) const {
  return {subject.what, key_of(row, subject).hash, shared_key_of(row, subject).hash};
}

rate_verdict rate_buckets::take(const proto::request_row& row, std::span<const rate_place> places, std::int64_t now) {
  std::array<sought, 2> all;
  std::ranges::transform(places, all.begin(), [](const rate_place& p) { return seek(p); });
  return take(row, std::span<const sought>(all).first(places.size()), now);
}

void rate_buckets::give_back(const proto::request_row& row, const rate_place& place, std::int64_t now) {
  auto* const e = find(row, seek(place), now);
  if (e == nullptr || e->second.left >= allowance_of(e->second).capacity) return;
  ++e->second.left;
  note_change(*e);
}

bool rate_buckets::show_own(own_position& at, std::size_t slots, std::int64_t now,
                            const std::function<void(const rate_handed&)>& visit) {
  auto& buckets = own_.buckets;
  if (at.slots != buckets.bucket_count()) at = {0, buckets.bucket_count()};
  for (; slots > 0 && at.slot < at.slots; --slots, ++at.slot)
    for (auto it = buckets.begin(at.slot); it != buckets.end(at.slot); ++it) {
      auto& [k, b] = *it;
      if (!is_full(b, now)) visit({b.request, k.hash, b.left, since_step(b.created, now)});
    }
  return at.slot == at.slots;
}

std::optional<rate_handed> rate_buckets::show_one(const rate_hash& own, std::int64_t now) {
  const auto at = own_.buckets.find(key{own});
  if (at == own_.buckets.end() || is_full(at->second, now)) return std::nullopt;
  const auto& b = at->second;
  return rate_handed{b.request, own, b.left, since_step(b.created, now)};
}

void rate_buckets::keep_lower(const rate_handed& other, std::int64_t now) {
  const auto& row = proto::row(other.request);
  if (other.left >= allowance_of(other.request).capacity) return;
  auto at = own_.buckets.find(key{other.key});
  if (at == own_.buckets.end()) {
    if (!has_room(own_, now)) return;
    at = own_.buckets.try_emplace(key{other.key}).first;
    renew(*at, storage::rate_scope::own, row, now - other.age);
  }
  auto& b = at->second;
  refill(b, now);
  b.left = std::min(b.left, other.left);
  if (other.age < since_step(b.created, now)) {
    // Steps later than its own, so it steps as that one from now on.
    b.created = now - other.age;
    b.steps = b.noted = 0;
  }
  note_change(*at);
}

void rate_buckets::adopt_secret(const rate_buckets& of) {
  secret_ = of.secret_;
  secrets_ = of.secrets_;
}

}  // namespace authnz::actors
