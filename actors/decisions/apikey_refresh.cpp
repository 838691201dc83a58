// apikey-refresh-nosession
#include <nlohmann/json.hpp>

#include "actors/client_address.hpp"
#include "actors/decisions.hpp"
#include "actors/decisions/apikeys.hpp"
#include "proto/secret.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

step refuse(const context& c, code reason, code message = code::apikey_invalid) {
  return finish{.answer = answer::failure(reason, message, no_apikey_with_refresh_token()),
                .audit = {apikey_note(c.request, "apikey.refreshed")}};
}

bool is_token_of(const storage::refresh& stored, std::string_view presented) {
  return proto::secret(stored.token_hash) == proto::secret(refresh_token_hash(presented));
}

// Either the rightful client or a thief was left with the older token: neither
// may go on.
step revoke_family(const context& c, const standing_apikey& reused) {
  finish end = std::get<finish>(refuse(c, code::refresh_token_reused));
  audit_note revoked = apikey_note(c.request, "apikey.family-revoked");
  revoked.always_ok = true;
  end.audit.push_back(std::move(revoked));
  storage::remove_family(end.tx, *reused.family);
  return end;
}

bool may_refresh(const context& c, std::int64_t owner) {
  const auto may = [&](std::string_view action) {
    return may_handle_apikeys(c, c.request.integer("user_id"), c.request.text("user_role"), action, owner);
  };
  return may("delete") && may("create");
}

// The claims before `tkn`: the old key's, for another address. Imported keys
// may lack some.
std::string first_claims(const storage::apikey& old, std::string_view address) {
  const proto::json stored = proto::json::parse(old.claims, nullptr, false);
  object_text out;
  const auto copy = [&](const char* name) {
    if (const auto at = stored.find(name); at != stored.end()) out.raw(name, proto::to_text(*at));
  };
  copy("iss");
  copy("ver");
  out.integer("uid", old.user_id).text("rol", old.role);
  copy("aud");
  copy("sub");
  out.text("ipa", address);
  return out.members();
}

step exchange(const context& c, const standing_apikey& old, std::string_view address, const asked_times& times) {
  const issued_apikey made = issue_with_refresh_token(c, old.owner, old.key.role, first_claims(old.key, address), times,
                                                      old.key.refreshed_by->family);
  finish end{.answer = answer::success(code::apikey_created, made.fields),
             .audit = {apikey_note(c.request, "apikey.refreshed")}};
  storage::apikey used = old.key;
  used.refreshed_by->used = true;
  storage::replace_apikey(end.tx, old.key, used);
  storage::add_apikey(end.tx, made.key);
  storage::expect_family(end.tx, *old.family);
  storage::expect_user(end.tx, old.owner);
  return end;
}

}  // namespace

std::string decision<request::apikey_refresh_nosession>::fields_on_failure(const proto::call&) {
  return no_apikey_with_refresh_token();
}

step decision<request::apikey_refresh_nosession>::decide(const context& c) {
  const auto address = canonical_ip(c.request.text("ip_address"));
  if (!address) return refuse(c, code::ip_address_invalid, code::ip_address_invalid);
  const auto old = check_claims(c.store, *c.request.find("apikey_dict"), apikey_kind::without_session);
  if (!old) return refuse(c, code::apikey_invalid);
  const storage::refresh& token = *old->key.refreshed_by;
  if (!is_token_of(token, c.request.text("refresh_token"))) return refuse(c, code::refresh_token_invalid);
  if (token.used) return revoke_family(c, *old);
  if (c.now < token.not_before || c.now >= token.expires) return refuse(c, code::refresh_token_invalid);
  if (!has_good_owner(*old)) return refuse(c, code::apikey_invalid);
  if (!may_refresh(c, old->owner.id)) return refuse(c, code::not_allowed);
  const auto times = times_without_session(c);
  if (!times) return refuse(c, code::expires_invalid, code::expires_invalid);
  return exchange(c, *old, *address, *times);
}

}  // namespace authnz::actors
