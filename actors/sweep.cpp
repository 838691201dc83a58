#include "actors/sweep.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "storage/attempts_store.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

namespace {

constexpr auto counters_last = std::chrono::hours(24);

sweep_batch sweep_expired(const storage::view& store, const sweep_place& place, proto::timestamp before,
                          const sweep_bounds& bounds) {
  sweep_batch batch{{}, next_stage(place)};
  std::size_t removed = 0;
  storage::for_each_expired(store, before, [&](const storage::session& s) {
    if (removed == bounds.rows_removed) {
      // Those that are left are the first ones next time.
      batch.next = place;
      return false;
    }
    storage::remove_session(batch.tx, s);
    ++removed;
    return true;
  });
  return batch;
}

/// Whether sessions of an epoch can be live, asked for many sessions in a row.
class epochs {
 public:
  explicit epochs(const storage::view& store) : store_(store) {}

  bool agree(std::int64_t user_id, std::uint64_t epoch) {
    if (!asked_ || user_id != user_id_) {
      const auto user = storage::peek_user(store_, user_id);
      present_ = user ? std::optional(user->session_epoch) : std::nullopt;
      user_id_ = user_id;
      asked_ = true;
    }
    return present_ == epoch;
  }

 private:
  const storage::view& store_;
  bool asked_ = false;
  std::int64_t user_id_ = 0;
  std::optional<std::uint64_t> present_;
};

sweep_batch sweep_dead(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds) {
  sweep_batch batch{{}, next_stage(place)};
  epochs known(store);
  std::vector<std::string> dead;
  std::size_t read = 0;
  store.scan(storage::slice::sessions, place.from, [&](std::string_view key, const storage::record& r) {
    if (read == bounds.rows_read || dead.size() == bounds.rows_removed) {
      batch.next = {place.stage, std::string(key)};
      return false;
    }
    ++read;
    const auto s = storage::decode_session(r.value);
    if (s && !known.agree(s->user_id, s->epoch)) dead.emplace_back(key);
    return true;
  });
  // A user whose record is damaged reads as gone.
  if (store.fault()) return batch;
  for (const auto& key : dead)
    if (const auto s = storage::find_session(store, key)) storage::remove_session(batch.tx, *s);
  return batch;
}

bool is_over(const storage::attempts& a, proto::timestamp now) {
  return a.locked_until ? *a.locked_until <= now : a.last_failure + counters_last <= now;
}

sweep_batch sweep_attempts(const storage::view& store, const sweep_place& place, proto::timestamp now,
                           const sweep_bounds& bounds) {
  sweep_batch batch{{}, next_stage(place)};
  std::size_t read = 0;
  std::size_t removed = 0;
  storage::for_each_attempts(store, place.from, [&](std::string_view key, const storage::attempts& a) {
    if (read == bounds.rows_read || removed == bounds.rows_removed) {
      batch.next = {place.stage, std::string(key)};
      return false;
    }
    ++read;
    if (is_over(a, now)) {
      storage::remove_attempts_at(batch.tx, key, a);
      ++removed;
    }
    return true;
  });
  return batch;
}

}  // namespace

sweep_place next_stage(const sweep_place& place) {
  switch (place.stage) {
    case sweep_stage::expired_sessions: return {sweep_stage::dead_sessions, {}};
    case sweep_stage::dead_sessions: return {sweep_stage::stale_attempts, {}};
    case sweep_stage::stale_attempts:
    case sweep_stage::done: break;
  }
  return {sweep_stage::done, {}};
}

sweep_batch sweep(const storage::view& store, const sweep_place& place, proto::timestamp expired_before,
                  proto::timestamp now, const sweep_bounds& bounds) {
  switch (place.stage) {
    case sweep_stage::expired_sessions: return sweep_expired(store, place, expired_before, bounds);
    case sweep_stage::dead_sessions: return sweep_dead(store, place, bounds);
    case sweep_stage::stale_attempts: return sweep_attempts(store, place, now, bounds);
    case sweep_stage::done: break;
  }
  return {{}, {sweep_stage::done, {}}};
}

}  // namespace authnz::actors
