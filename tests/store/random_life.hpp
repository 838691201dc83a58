/// Random changes that hold together, made with the functions that the server
/// makes its own with.
#pragma once

#include <algorithm>
#include <random>

#include "storage/attempts_store.hpp"
#include "storage/outbox_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage::samples {

/// The same choices in every run and with every standard library.
class random_life {
 public:
  explicit random_life(unsigned seed) : random_(seed) {}

  /// A change of the state that `v` shows; of slices of scope `cluster` alone.
  mini_transaction next(const view& v) {
    mini_transaction tx;
    switch (below(10)) {
      case 0: sign_up(tx, v); break;
      case 1: change_user(tx, v); break;
      case 2:
      case 3: open_session(tx, v); break;
      case 4: change_session(tx, v); break;
      case 5: make_key(tx, v); break;
      case 6: refresh_key(tx, v); break;
      case 7: revoke(tx, v); break;
      case 8: fail_login(tx, v); break;
      default: mail(tx, v); break;
    }
    for (auto events = below(3); events > 0; --events) tx.events.push_back("event " + std::to_string(++made_));
    return tx;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  static constexpr std::int64_t greatest = 1'000;

  std::string new_key() { return session_key(++made_); }
  std::string some_key() { return session_key(below(made_ + 1)).substr(0, 8); }

  std::optional<user> some_user(const view& v) {
    std::optional<user> found;
    const auto take = [&](const user& u) { return found = u, false; };
    for_each_user(v, static_cast<std::int64_t>(below(static_cast<std::size_t>(next_user_id(v)))), take);
    return found;
  }
  std::optional<session> some_session(const view& v) {
    std::optional<session> found;
    for_each_session(v, some_key(), [&](const session& s) { return found = s, false; });
    return found;
  }
  std::optional<apikey> some_apikey(const view& v) {
    std::optional<apikey> found;
    for_each_apikey(v, some_key(), [&](const apikey& k) { return found = k, false; });
    return found;
  }

  void sign_up(mini_transaction& tx, const view& v) { add_user(tx, make_user(next_user_id(v))); }

  void change_user(mini_transaction& tx, const view& v) {
    const auto before = some_user(v);
    if (!before) return;
    if (below(5) == 0) return remove_user(tx, *before);
    auto after = *before;
    if (below(2) == 0) after.email = std::to_string(++made_) + "@example.org";
    if (below(2) == 0) ++after.session_epoch;
    if (below(2) == 0) ++after.session_apikey_epoch;
    replace_user(tx, *before, after);
  }

  void open_session(mini_transaction& tx, const view& v) {
    const auto owner = some_user(v);
    if (!owner) return;
    auto s = make_session(0, owner->id, static_cast<std::int64_t>(below(greatest)));
    s.key = new_key();
    s.epoch = owner->session_epoch;
    expect_user(tx, *owner);
    add_session(tx, s);
  }

  void change_session(mini_transaction& tx, const view& v) {
    const auto before = some_session(v);
    if (!before) return;
    if (below(3) == 0) return remove_session(tx, *before);
    auto after = *before;
    if (below(2) == 0) after.expires = at(static_cast<std::int64_t>(below(greatest)));
    after.extra_info = std::to_string(++made_);
    replace_session(tx, *before, after);
  }

  void make_key(mini_transaction& tx, const view& v) {
    const auto owner = some_user(v);
    if (!owner) return;
    const bool tied = below(2) == 0;
    auto k = tied ? make_session_apikey(0, owner->id) : make_apikey(0, owner->id);
    k.key = new_key();
    k.epoch = tied ? owner->session_apikey_epoch : owner->apikey_epoch;
    k.expires = at(static_cast<std::int64_t>(below(greatest)));
    if (!tied) {
      k.refreshed_by->family = k.key;
      add_family(tx, {.key = k.key, .user_id = owner->id});
    }
    add_apikey(tx, k);
  }

  void refresh_key(mini_transaction& tx, const view& v) {
    const auto old = some_apikey(v);
    if (!old || !old->refreshed_by || old->refreshed_by->used) return;
    const auto family = find_family(v, old->refreshed_by->family);
    if (!family) return;
    auto used = *old;
    used.refreshed_by->used = true;
    auto fresh = *old;
    fresh.key = new_key();
    expect_family(tx, *family);
    replace_apikey(tx, *old, used);
    add_apikey(tx, fresh);
  }

  void revoke(mini_transaction& tx, const view& v) {
    const auto k = some_apikey(v);
    if (!k) return;
    const auto family = k->refreshed_by ? find_family(v, k->refreshed_by->family) : std::nullopt;
    if (family && below(2) == 0) return remove_family(tx, *family);
    remove_apikey(tx, *k);
  }

  void fail_login(mini_transaction& tx, const view& v) {
    const auto address = std::to_string(below(20)) + "@example.org";
    const auto before = find_attempts(v, address);
    if (before && below(4) == 0) return remove_attempts(tx, address, *before);
    put_attempts(tx, address, before, {.failures = before ? before->failures + 1 : 1, .last_failure = at(5)});
  }

  void mail(mini_transaction& tx, const view& v) {
    std::optional<outbox_entry> oldest;
    for_each_mail(v, [&](const outbox_entry& e) { return oldest = e, false; });
    if (oldest && below(2) == 0) return remove_mail(tx, *oldest);
    const auto owner = some_user(v);
    if (!owner) return;
    outbox_entry e;
    e.key = new_key().substr(0, 24);
    e.user_id = owner->id;
    e.created = e.next_try = at(5);
    e.sealed = "sealed";
    add_mail(tx, e);
  }

  std::mt19937 random_;
  std::uint64_t made_ = 0;
};

}  // namespace authnz::storage::samples
