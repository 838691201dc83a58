// What administrators see of buckets, and how they fill them.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "actors/limits_job.hpp"
#include "actors/rate_buckets.hpp"

namespace authnz::actors {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t step = 60 * second;

// Less than a millisecond, in a crowded table.
constexpr std::size_t slots_a_slice = 4096;

std::string text_of(const std::array<unsigned char, 16>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

rate_standing rate_buckets::standing_of(const bucket& b, std::int64_t now) const {
  const auto since_step = std::max<std::int64_t>(now - b.created, 0) % step;
  return {b.request, b.scope, b.left, allowance_of(b),
          static_cast<std::uint32_t>((step - since_step + second - 1) / second)};
}

std::vector<rate_standing> rate_buckets::standing_of(const rate_subject& subject, std::int64_t now) {
  std::vector<rate_standing> out;
  for (const auto& row : proto::request_table)
    if (const auto* e = find(row, subject, now); e != nullptr && e->second.left < allowance_of(e->second).capacity)
      out.push_back(standing_of(e->second, now));
  return out;
}

std::size_t rate_buckets::fill(const rate_subject& subject, std::int64_t now) {
  std::vector<entry*> filled;
  for (const auto& row : proto::request_table)
    if (auto* e = find(row, subject, now); e != nullptr && e->second.left < allowance_of(e->second).capacity)
      filled.push_back(e);
  forget_filled(filled);
  return filled.size();
}

/// A full bucket is as good as none; but a record of what it was is not.
void rate_buckets::forget_filled(const std::vector<entry*>& filled) {
  const std::unordered_set<const entry*> gone(filled.begin(), filled.end());
  std::erase_if(changed_, [&](const entry* e) { return gone.contains(e); });
  for (const auto* e : filled) {
    const auto k = e->first;
    switch (e->second.scope) {
      case storage::rate_scope::own: forget(own_, k); break;
      case storage::rate_scope::shared: forget(shared_, k); break;
      default: {
        if (e->second.stored) forgotten_.push_back(k);
        const auto what = e->second.scope == storage::rate_scope::all_clients ? rate_subject::kind::client
                                                                              : rate_subject::kind::mail_address;
        last_resort(e->second.request, what).reset();
      }
    }
  }
}

bool rate_buckets::count(rate_census& census, census_position& at, std::size_t slots, std::int64_t now) const {
  const auto add = [&](bucket b) {
    if (is_full(b, now)) return;
    auto& counts = census.of[static_cast<std::size_t>(b.request)];
    ++counts.not_full;
    if (b.left == 0) ++counts.empty;
  };
  for (const table* tables[] = {&own_, &shared_}; at.table < 2; ++at.table, at.slot = 0) {
    const auto& buckets = tables[at.table]->buckets;
    if (buckets.empty()) continue;
    for (; at.slot < buckets.bucket_count(); ++at.slot, --slots) {
      if (slots == 0) return false;
      for (auto it = buckets.begin(at.slot); it != buckets.end(at.slot); ++it) add(it->second);
    }
  }
  for (const auto& of_request : last_resort_)
    for (const auto& e : of_request)
      if (e) add(e->second);
  return true;
}

void rate_buckets::exchange(rate_buckets& other) {
  // Some of these point into the object itself.
  changed_.clear();
  other.changed_.clear();
  std::swap(forgotten_, other.forgotten_);
  std::swap(secret_, other.secret_);
  std::swap(secrets_, other.secrets_);
  std::swap(own_, other.own_);
  std::swap(shared_, other.shared_);
  // An entry cannot be assigned to, as its key is const.
  for (std::size_t r = 0; r < last_resort_.size(); ++r)
    for (std::size_t what = 0; what < last_resort_[r].size(); ++what) {
      auto& mine = last_resort_[r][what];
      auto& theirs = other.last_resort_[r][what];
      const auto kept = mine;
      mine.reset();
      if (theirs) mine.emplace(*theirs);
      theirs.reset();
      if (kept) theirs.emplace(*kept);
    }
}

std::vector<std::string> rate_buckets::stored_keys() const {
  std::vector<std::string> out;
  for (const auto& k : forgotten_) out.push_back(text_of(k.hash));
  for (const auto* t : {&own_, &shared_})
    for (const auto& [k, b] : t->buckets)
      if (b.stored) out.push_back(text_of(k.hash));
  for (const auto& of_request : last_resort_)
    for (const auto& e : of_request)
      if (e && e->second.stored) out.push_back(text_of(e->first.hash));
  return out;
}

bool serve(limits_job& job, rate_buckets& buckets, std::int64_t now) {
  using enum limits_job::kind;
  auto& out = job.answer;
  out.held = buckets.size();
  switch (job.what) {
    case census:
      if (!buckets.count(out.census, job.at, slots_a_slice, now)) return false;
      for (const auto& row : proto::request_table) out.allowances.push_back(buckets.allowance_of(row.id));
      break;
    case standing:
      for (const auto& s : job.subjects)
        for (const auto& b : buckets.standing_of({s.what, s.text}, now)) out.standing.emplace_back(s.what, b);
      break;
    case fill:
      for (const auto& s : job.subjects) out.filled += buckets.fill({s.what, s.text}, now);
      break;
    case fill_all:
      out.filled = out.held;
      buckets.exchange(*job.fresh);
      out.before = std::move(job.fresh);
      break;
  }
  out.served = true;
  return true;
}

}  // namespace authnz::actors
