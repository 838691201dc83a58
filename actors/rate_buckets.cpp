#include "actors/rate_buckets.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "actors/client_address.hpp"

namespace authnz::actors {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t step = 60 * second;

// A table of this size is made at once, so that it never stops to grow.
constexpr std::size_t most_places_in_advance = std::size_t{1} << 20;

// What every new bucket pays toward forgetting old ones.
constexpr std::size_t slots_a_creation = 8;
constexpr std::size_t slots_when_crowded = 64;

std::uint32_t seconds_until_next_step(std::int64_t created, std::int64_t now) {
  const auto since_step = std::max<std::int64_t>(now - created, 0) % step;
  return static_cast<std::uint32_t>((step - since_step + second - 1) / second);
}

}  // namespace

std::size_t rate_buckets::key_hash::operator()(const key& k) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, k.hash.data(), sizeof value);
  return value;
}

rate_buckets::rate_buckets(const rate_limits& limits, const hash_key& secret) : secret_(secret) {
  for (const auto& row : proto::request_table)
    crypto_shorthash_siphashx24(secrets_[static_cast<std::size_t>(row.id)].data(),
                                reinterpret_cast<const unsigned char*>(row.name.data()), row.name.size(),
                                secret_.data());
  configure(limits);
  own_.buckets.reserve(std::min(most_keys_, most_places_in_advance));
}

void rate_buckets::configure(const rate_limits& limits) {
  most_keys_ = limits.keys;
  for (const auto& row : proto::request_table) allowances_[static_cast<std::size_t>(row.id)] = limits.allowance_of(row);
}

rate_buckets::sought rate_buckets::seek(const proto::request_row& row, const rate_subject& subject) const {
  return {.what = subject.what, .own = key_of(row, subject), .subject = &subject};
}

rate_buckets::sought rate_buckets::seek(const rate_place& place) {
  return {.what = place.what, .own = {place.own}, .place = &place};
}

rate_verdict rate_buckets::take(const proto::request_row& row, std::span<const rate_subject> subjects,
                                std::int64_t now) {
  std::array<sought, 2> all;
  std::ranges::transform(subjects, all.begin(), [&](const rate_subject& s) { return seek(row, s); });
  return take(row, std::span<const sought>(all).first(subjects.size()), now);
}

rate_verdict rate_buckets::take(const proto::request_row& row, std::span<const sought> subjects, std::int64_t now) {
  std::array<entry*, 2> found{};
  rate_verdict verdict;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    found[i] = find(row, subjects[i], now);
    if (found[i] != nullptr && found[i]->second.left == 0) refuse(*found[i], now, verdict);
  }
  if (!verdict.allowed()) return verdict;

  // First those that exist: creating forgets full ones, and after that they are not.
  for (auto* e : found)
    if (e != nullptr) charge(*e);
  for (std::size_t i = 0; i < subjects.size(); ++i)
    if (found[i] == nullptr) charge(create(row, subjects[i], now));
  return verdict;
}

void rate_buckets::refuse(entry& e, std::int64_t now, rate_verdict& verdict) {
  auto& b = e.second;
  verdict.retry_after = std::max(verdict.retry_after, seconds_until_next_step(b.created, now));
  const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(now - b.created, 0));
  if (b.noted != 0 && age < (std::uint64_t{b.noted} + 60) * second) return;
  b.noted = static_cast<std::uint32_t>(std::max<std::uint64_t>((age + second - 1) / second, 1));
  verdict.noteworthy = true;
  note_change(e);
}

void rate_buckets::charge(entry& e) {
  --e.second.left;
  note_change(e);
}

void rate_buckets::sweep(std::int64_t now, std::size_t slots) {
  sweep(own_, now, slots);
  sweep(shared_, now, slots);
}

std::size_t rate_buckets::size() const {
  std::size_t n = own_.buckets.size() + shared_.buckets.size();
  for (const auto& of_request : last_resort_)
    n += static_cast<std::size_t>(std::ranges::count_if(of_request, [](const auto& b) { return b.has_value(); }));
  return n;
}

const allowance& rate_buckets::allowance_of(const bucket& b) const {
  return allowances_[static_cast<std::size_t>(b.request)];
}

void rate_buckets::refill(bucket& b, std::int64_t now) const {
  const auto& limit = allowance_of(b);
  const auto steps = static_cast<std::uint32_t>(std::max<std::int64_t>(now - b.created, 0) / step);
  const auto gained = std::uint64_t{steps - b.steps} * limit.per_minute;
  b.left = static_cast<std::uint32_t>(std::min<std::uint64_t>(b.left + gained, limit.capacity));
  b.steps = steps;
}

bool rate_buckets::is_full(bucket& b, std::int64_t now) const {
  refill(b, now);
  return b.left == allowance_of(b).capacity;
}

void rate_buckets::sweep(table& t, std::int64_t now, std::size_t slots) {
  slots = std::min(slots, t.buckets.bucket_count());
  std::array<key, 16> full;
  for (; slots > 0; --slots) {
    const auto slot = t.next_slot++ % t.buckets.bucket_count();
    std::size_t n = 0;
    for (auto it = t.buckets.begin(slot); it != t.buckets.end(slot) && n < full.size(); ++it)
      if (may_forget(it->second, now)) full[n++] = it->first;
    for (std::size_t i = 0; i < n; ++i) forget(t, full[i]);
  }
}

rate_buckets::entry* rate_buckets::find_active(table& t, const key& k, std::int64_t now) {
  const auto it = t.buckets.find(k);
  if (it == t.buckets.end()) return nullptr;
  if (!is_full(it->second, now)) return &*it;
  if (may_forget(it->second, now)) forget(t, k);
  return nullptr;
}

/// The bucket that counts for a subject. A shared one goes on counting until
/// it is full, even if there is room again for one of the subject's own: else
/// whoever is limited by it would be let off. None is as good as a full one.
rate_buckets::entry* rate_buckets::find(const proto::request_row& row, const sought& subject, std::int64_t now) {
  if (const auto it = own_.buckets.find(subject.own); it != own_.buckets.end()) {
    refill(it->second, now);
    return &*it;
  }
  if (!shared_.buckets.empty())
    if (auto* e = find_active(shared_, shared_key_of(row, subject), now)) return e;
  auto& last = last_resort(row.id, subject.what);
  return last && !is_full(last->second, now) ? &*last : nullptr;
}

rate_buckets::entry* rate_buckets::find(const proto::request_row& row, const rate_subject& subject, std::int64_t now) {
  return find(row, seek(row, subject), now);
}

rate_buckets::entry& rate_buckets::create(const proto::request_row& row, const sought& subject, std::int64_t now) {
  using enum storage::rate_scope;
  if (has_room(own_, now)) return renew(*own_.buckets.try_emplace(subject.own).first, own, row, now);
  if (has_room(shared_, now))
    return renew(*shared_.buckets.try_emplace(shared_key_of(row, subject)).first, shared, row, now);
  auto& last = last_resort(row.id, subject.what);
  if (!last) last.emplace(hash('l', row, subject.what, {}), bucket{});
  return renew(*last, subject.what == rate_subject::kind::client ? all_clients : all_addresses, row, now);
}

/// Makes a bucket full; whether it changed or has a record stays.
rate_buckets::entry& rate_buckets::renew(entry& e, storage::rate_scope scope, const proto::request_row& row,
                                         std::int64_t now) const {
  auto& b = e.second;
  b.created = now;
  b.left = allowances_[static_cast<std::size_t>(row.id)].capacity;
  b.steps = b.noted = 0;
  b.request = row.id;
  b.scope = scope;
  return e;
}

bool rate_buckets::has_room(table& t, std::int64_t now) {
  sweep(t, now, slots_a_creation);
  if (t.buckets.size() >= most_keys_) sweep(t, now, slots_when_crowded);
  return t.buckets.size() < most_keys_;
}

rate_buckets::key rate_buckets::key_of(const proto::request_row& row, const rate_subject& subject) const {
  return hash('o', row, subject.what, subject.text);
}

rate_buckets::key rate_buckets::shared_key_of(const proto::request_row& row, const rate_subject& subject) const {
  if (subject.what == rate_subject::kind::mail_address) return hash('s', row, subject.what, domain_of(subject.text));
  return hash('s', row, subject.what, network_of(subject.text));
}

rate_buckets::key rate_buckets::shared_key_of(const proto::request_row& row, const sought& subject) const {
  return subject.place != nullptr ? key{subject.place->shared} : shared_key_of(row, *subject.subject);
}

rate_buckets::key rate_buckets::hash(char level, const proto::request_row& row, rate_subject::kind what,
                                     std::string_view text) const {
  std::string all{level, static_cast<char>(what)};
  all += text;
  key k{};
  crypto_shorthash_siphashx24(k.hash.data(), reinterpret_cast<const unsigned char*>(all.data()), all.size(),
                              secrets_[static_cast<std::size_t>(row.id)].data());
  return k;
}

std::optional<rate_buckets::entry>& rate_buckets::last_resort(proto::request request, rate_subject::kind what) {
  return last_resort_[static_cast<std::size_t>(request)][static_cast<std::size_t>(what)];
}

}  // namespace authnz::actors
