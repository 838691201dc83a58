#include "actors/sweep.hpp"

#include <chrono>
#include <string>

#include "actors/sweep_stages.hpp"
#include "storage/attempts_store.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

namespace {

constexpr auto counters_last = std::chrono::hours(24);

sweep_batch sweep_expired(const storage::view& store, const sweep_place& place, proto::timestamp before,
                          const sweep_bounds& bounds) {
  // Those that are left are the first ones next time, wherever that begins.
  sweep_filler batch(place, bounds);
  storage::for_each_expired(store, before, [&](const storage::session& s) {
    if (!batch.takes({})) return false;
    storage::remove_session(batch.removal(), s);
    return true;
  });
  return batch.take();
}

sweep_batch sweep_dead(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds) {
  sweep_filler batch(place, bounds);
  epochs known(store);
  store.scan(storage::slice::sessions, place.from, [&](std::string_view key, const storage::record& r) {
    if (!batch.takes(key)) return false;
    const auto s = storage::decode_session(r.value);
    if (!s) return true;
    const auto& user = known.of(s->user_id);
    if (user && user->sessions == s->epoch) return true;
    if (const auto dead = storage::find_session(store, key)) storage::remove_session(batch.removal(), *dead);
    return true;
  });
  // A user whose record is damaged reads as gone.
  return store.fault() ? batch.take_without_removals() : batch.take();
}

bool is_over(const storage::attempts& a, proto::timestamp now) {
  return a.locked_until ? *a.locked_until <= now : a.last_failure + counters_last <= now;
}

sweep_batch sweep_attempts(const storage::view& store, const sweep_place& place, proto::timestamp now,
                           const sweep_bounds& bounds) {
  sweep_filler batch(place, bounds);
  storage::for_each_attempts(store, place.from, [&](std::string_view key, const storage::attempts& a) {
    if (!batch.takes(key)) return false;
    if (is_over(a, now)) storage::remove_attempts_at(batch.removal(), key, a);
    return true;
  });
  return batch.take();
}

}  // namespace

bool sweep_filler::takes(std::string_view key) {
  const bool fits = read_ < bounds_.rows_read && removed_ < bounds_.rows_removed;
  if (fits)
    ++read_;
  else
    batch_.next = {stage_, std::string(key)};
  return fits;
}

storage::mini_transaction& sweep_filler::removal() {
  ++removed_;
  return batch_.tx;
}

sweep_batch sweep_filler::take_without_removals() {
  batch_.tx = {};
  return take();
}

const std::optional<user_epochs>& epochs::of(std::int64_t user_id) {
  if (!asked_ || user_id != user_id_) {
    const auto user = storage::peek_user(store_, user_id);
    present_.reset();
    if (user) present_ = {user->session_epoch, user->apikey_epoch, user->session_apikey_epoch};
    user_id_ = user_id;
    asked_ = true;
  }
  return present_;
}

sweep_place next_stage(const sweep_place& place) {
  switch (place.stage) {
    case sweep_stage::expired_sessions: return {sweep_stage::dead_sessions, {}};
    case sweep_stage::dead_sessions: return {sweep_stage::stale_attempts, {}};
    case sweep_stage::stale_attempts: return {sweep_stage::outlived_apikeys, {}};
    case sweep_stage::outlived_apikeys: return {sweep_stage::dead_apikeys, {}};
    case sweep_stage::dead_apikeys: return {sweep_stage::empty_families, {}};
    case sweep_stage::empty_families: return {sweep_stage::old_events, {}};
    case sweep_stage::old_events:
    case sweep_stage::done: break;
  }
  return {sweep_stage::done, {}};
}

sweep_batch sweep(const storage::view& store, const sweep_place& place, proto::timestamp expired_before,
                  proto::timestamp now, const sweep_bounds& bounds, const audit_retention& keep) {
  switch (place.stage) {
    case sweep_stage::expired_sessions: return sweep_expired(store, place, expired_before, bounds);
    case sweep_stage::dead_sessions: return sweep_dead(store, place, bounds);
    case sweep_stage::stale_attempts: return sweep_attempts(store, place, now, bounds);
    case sweep_stage::outlived_apikeys: return sweep_outlived_apikeys(store, place, expired_before, bounds);
    case sweep_stage::dead_apikeys: return sweep_dead_apikeys(store, place, bounds);
    case sweep_stage::empty_families: return sweep_empty_families(store, place, bounds);
    case sweep_stage::old_events: return sweep_old_events(store, place, now, keep);
    case sweep_stage::done: break;
  }
  return {{}, {sweep_stage::done, {}}};
}

}  // namespace authnz::actors
