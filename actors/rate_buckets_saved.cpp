// How buckets are saved and restored.
#include <algorithm>
#include <string>

#include "actors/rate_buckets.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t step = 60 * second;

// More than a second's changes, in a table that is looked through in a few ms.
constexpr std::size_t most_noted = 16384;

std::string_view text_of(const std::array<unsigned char, 16>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <std::size_t N>
bool read_bytes(std::string_view text, std::array<unsigned char, N>& into) {
  if (text.size() != N) return false;
  std::ranges::copy(text, into.begin());
  return true;
}

/// Microseconds since the bucket was created. It is older than its last step,
/// whatever the wall's clock says.
std::int64_t age_of(const storage::rate_bucket& saved, proto::timestamp now) {
  const auto at_least = saved.steps * step;
  if (saved.created >= now) return at_least;
  const auto age = static_cast<std::uint64_t>(now.time_since_epoch().count()) -
                   static_cast<std::uint64_t>(saved.created.time_since_epoch().count());
  constexpr auto most = std::uint64_t{UINT32_MAX} * step;
  return std::max(at_least, static_cast<std::int64_t>(std::min(age, most)));
}

rate_buckets::hash_key secret_of(const storage::view& v) {
  rate_buckets::hash_key secret{};
  const auto found = storage::find_rate_secret(v);
  if (!found || !read_bytes(*found, secret)) proto::random_bytes(secret);
  return secret;
}

}  // namespace

void rate_buckets::note_changes() {
  most_noted_ = most_noted;
  changed_.reserve(most_noted_);
  forgotten_.reserve(most_noted_);
}

void rate_buckets::note_change(entry& e) {
  if (e.second.changed || changed_.size() == most_noted_) return;
  e.second.changed = true;
  changed_.push_back(&e);
}

bool rate_buckets::may_forget(bucket& b, std::int64_t now) const {
  if (b.changed || (b.stored && forgotten_.size() == most_noted_)) return false;
  return is_full(b, now);
}

void rate_buckets::forget(table& t, const key& k) {
  const auto it = t.buckets.find(k);
  if (it->second.stored) forgotten_.push_back(k);
  t.buckets.erase(it);
}

void rate_buckets::save_changes(storage::mini_transaction& tx, std::size_t limit, const rate_moment& now) {
  // Each bucket that is saved is forgotten one day, so both need their share.
  save_forgotten(tx, limit / 2);
  save_changed(tx, limit - tx.writes.size(), now);
}

void rate_buckets::save_secret(storage::mini_transaction& tx) const { storage::put_rate_secret(tx, text_of(secret_)); }

/// Whether a bucket is there again under a key that was forgotten. Then its
/// record is its own.
bool rate_buckets::lives_again(const key& k) {
  for (auto* t : {&own_, &shared_})
    if (const auto it = t->buckets.find(k); it != t->buckets.end()) {
      it->second.stored = true;
      return true;
    }
  return false;
}

void rate_buckets::save_forgotten(storage::mini_transaction& tx, std::size_t limit) {
  // One may have come and gone more than once.
  std::ranges::sort(forgotten_, {}, &key::hash);
  forgotten_.erase(std::unique(forgotten_.begin(), forgotten_.end()), forgotten_.end());
  for (; !forgotten_.empty() && tx.writes.size() < limit; forgotten_.pop_back())
    if (!lives_again(forgotten_.back())) storage::remove_rate_bucket(tx, text_of(forgotten_.back().hash));
}

void rate_buckets::save_changed(storage::mini_transaction& tx, std::size_t limit, const rate_moment& now) {
  // What is full is as good as none, and so is any record of it.
  std::erase_if(changed_, [&](entry* e) {
    e->second.changed = !is_full(e->second, now.steady);
    return !e->second.changed;
  });
  const auto n = std::min(limit, changed_.size());
  const auto first_left = changed_.begin() + static_cast<std::ptrdiff_t>(n);
  const auto by_need = [this](const entry* a, const entry* b) { return is_more_limited(a->second, b->second); };
  std::ranges::nth_element(changed_, first_left, by_need);
  for (auto it = changed_.begin(); it != first_left; ++it) {
    storage::put_rate_bucket(tx, record_of(**it, now));
    (*it)->second.changed = false;
    (*it)->second.stored = true;
  }
  changed_.erase(changed_.begin(), first_left);
  drop_least_limited();
}

/// Leaves room for those that change next.
void rate_buckets::drop_least_limited() {
  const auto most = most_noted_ / 2;
  if (changed_.size() <= most) return;
  const auto first = changed_.begin() + static_cast<std::ptrdiff_t>(most);
  const auto by_need = [this](const entry* a, const entry* b) { return is_more_limited(a->second, b->second); };
  std::ranges::nth_element(changed_, first, by_need);
  for (auto it = first; it != changed_.end(); ++it) (*it)->second.changed = false;
  changed_.erase(first, changed_.end());
}

bool rate_buckets::is_more_limited(const bucket& a, const bucket& b) const {
  return std::uint64_t{a.left} * allowance_of(b).capacity < std::uint64_t{b.left} * allowance_of(a).capacity;
}

storage::rate_bucket rate_buckets::record_of(const entry& e, const rate_moment& now) const {
  const auto& [k, b] = e;
  return {.key = std::string(text_of(k.hash)),
          .scope = b.scope,
          .request = std::string(proto::row(b.request).name),
          .created = now.wall - std::chrono::microseconds(now.steady - b.created),
          .left = b.left,
          .steps = b.steps,
          .noted = b.noted};
}

void rate_buckets::restore(const storage::rate_bucket& saved, const rate_moment& now) {
  const auto* row = proto::find_request(saved.request);
  key k{};
  if (row == nullptr || !read_bytes(saved.key, k.hash)) return;
  const auto age = age_of(saved, now.wall);
  const bucket b{.created = now.steady - age,
                 .left = saved.left,
                 .steps = saved.steps,
                 .noted = static_cast<std::uint32_t>(std::min<std::int64_t>(saved.noted, age / second)),
                 .request = row->id,
                 .scope = saved.scope,
                 .changed = false,
                 .stored = true};
  switch (saved.scope) {
    case storage::rate_scope::own: own_.buckets.insert_or_assign(k, b); break;
    case storage::rate_scope::shared: shared_.buckets.insert_or_assign(k, b); break;
    case storage::rate_scope::all_clients: last_resort(row->id, rate_subject::kind::client).emplace(k, b); break;
    case storage::rate_scope::all_addresses:
      last_resort(row->id, rate_subject::kind::mail_address).emplace(k, b);
      break;
    case storage::rate_scope::count_: break;
  }
}

std::shared_ptr<rate_buckets> restore_buckets(storage::store& from, const rate_limits& limits, const rate_moment& now,
                                              const std::optional<rate_buckets::hash_key>& secret) {
  if (!limits.enabled) {
    rate_buckets::hash_key own{};
    proto::random_bytes(own);
    return std::make_shared<rate_buckets>(limits, secret.value_or(own));
  }
  const auto view = from.read();
  auto buckets = std::make_shared<rate_buckets>(limits, secret ? *secret : secret_of(*view));
  buckets->note_changes();
  storage::for_each_rate_bucket(*view, [&](const storage::rate_bucket& saved) {
    buckets->restore(saved, now);
    return true;
  });
  return buckets;
}

}  // namespace authnz::actors
