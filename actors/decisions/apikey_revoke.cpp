// apikey-revoke, apikey-revoke-nosession, apikey-revokeall-nosession
#include "actors/decisions.hpp"
#include "actors/decisions/apikeys.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

bool verifies(const std::optional<standing_apikey>& k, proto::timestamp now) {
  return k && !is_used_up(k->key) && has_good_owner(*k) && is_in_time(k->key, now);
}

bool may_delete(const context& c, std::int64_t owner) {
  return may_handle_apikeys(c, c.request.integer("user_id"), c.request.text("user_role"), "delete", owner);
}

finish ending(const context& c, answer a, std::string_view event) {
  return {.answer = std::move(a), .audit = {apikey_note(c.request, event)}};
}

step revoke(const context& c, apikey_kind kind) {
  const auto end = [&](answer a) { return ending(c, std::move(a), "apikey.revoked"); };
  const proto::json& claims = *c.request.find("apikey_dict");
  const std::string* token = text_claim(claims, "tkn");
  const std::string* role = text_claim(claims, "rol");
  const auto owner = integer_claim(claims, "uid");
  if (token == nullptr || role == nullptr || !owner) return end(answer::failure(code::apikey_invalid));
  if (!may_delete(c, *owner)) return end(answer::failure(code::not_allowed));
  const auto found = find_standing(c.store, *token, kind);
  if (!found || is_used_up(found->key) || found->key.user_id != *owner || found->key.role != *role)
    return end(answer::failure(code::apikey_not_found));

  finish done = end(answer::success(code::apikey_revoked));
  storage::remove_apikey(done.tx, found->key);
  if (found->family) storage::remove_family(done.tx, *found->family);
  return done;
}

// Those that would be of use, now or later, if they were not revoked.
std::int64_t count_useful(const context& c, const storage::user& owner) {
  std::int64_t count = 0;
  storage::for_each_apikey_of(c.store, owner.id, [&](const storage::apikey& k) {
    if (k.refreshed_by && !is_used_up(k) && k.epoch == owner.apikey_epoch && k.outlived() > c.now &&
        storage::find_family(c.store, k.refreshed_by->family))
      ++count;
    return true;
  });
  return count;
}

std::string nothing_revoked() { return object_text().null("revoked_keys").null("deleted_keys").members(); }

}  // namespace

std::string decision<request::apikey_revoke>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_revoke>::decide(const context& c) { return revoke(c, apikey_kind::of_session); }

std::string decision<request::apikey_revoke_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_revoke_nosession>::decide(const context& c) {
  return revoke(c, apikey_kind::without_session);
}

std::string decision<request::apikey_revokeall_nosession>::fields_on_failure(const proto::call&) {
  return nothing_revoked();
}

step decision<request::apikey_revokeall_nosession>::decide(const context& c) {
  const auto end = [&](answer a) { return ending(c, std::move(a), "apikey.revoked-all"); };
  const auto found = check_claims(c.store, *c.request.find("apikey_dict"), apikey_kind::without_session);
  if (!verifies(found, c.now)) return end(answer::failure(code::apikey_invalid, nothing_revoked()));
  if (!may_delete(c, found->owner.id)) return end(answer::failure(code::not_allowed, nothing_revoked()));

  const std::int64_t count = count_useful(c, found->owner);
  finish done = end(answer::success(
      code::apikeys_revoked, object_text().integer("revoked_keys", count).integer("deleted_keys", count).members()));
  storage::user after = found->owner;
  ++after.apikey_epoch;
  storage::replace_user(done.tx, found->owner, after);
  return done;
}

}  // namespace authnz::actors
