#include "actors/sweep_stages.hpp"
#include "storage/apikey_store.hpp"
#include "storage/session_store.hpp"

namespace authnz::actors {

namespace {

bool is_dead(const storage::view& store, const storage::apikey& k, epochs& known) {
  const auto& user = known.of(k.user_id);
  if (!user) return true;
  if (k.refreshed_by) return k.epoch != user->apikeys || !storage::find_family(store, k.refreshed_by->family);
  const auto session = storage::peek_session(store, k.session);
  return k.epoch != user->session_apikeys || !session || session->epoch != user->sessions;
}

bool has_keys(const storage::view& store, const storage::apikey_family& family) {
  bool any = false;
  storage::for_each_apikey_in(store, family.key, [&](const storage::apikey&) {
    any = true;
    return false;
  });
  return any;
}

}  // namespace

sweep_batch sweep_outlived_apikeys(const storage::view& store, const sweep_place& place, proto::timestamp before,
                                   const sweep_bounds& bounds) {
  // Those that are left are the first ones next time, wherever that begins.
  sweep_filler batch(place, bounds);
  storage::for_each_outlived_apikey(store, before, [&](const storage::apikey& k) {
    if (!batch.takes({})) return false;
    storage::remove_apikey(batch.removal(), k);
    return true;
  });
  return batch.take();
}

sweep_batch sweep_dead_apikeys(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds) {
  sweep_filler batch(place, bounds);
  epochs known(store);
  storage::for_each_apikey(store, place.from, [&](const storage::apikey& k) {
    if (!batch.takes(k.key)) return false;
    if (is_dead(store, k, known)) storage::remove_apikey(batch.removal(), k);
    return true;
  });
  return store.fault() ? batch.take_without_removals() : batch.take();
}

sweep_batch sweep_empty_families(const storage::view& store, const sweep_place& place, const sweep_bounds& bounds) {
  sweep_filler batch(place, bounds);
  storage::for_each_family(store, place.from, [&](const storage::apikey_family& f) {
    if (!batch.takes(f.key)) return false;
    if (!has_keys(store, f)) storage::remove_family(batch.removal(), f);
    return true;
  });
  return store.fault() ? batch.take_without_removals() : batch.take();
}

}  // namespace authnz::actors
