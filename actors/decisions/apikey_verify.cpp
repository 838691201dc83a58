// apikey-verify, apikey-verify-nosession
#include "actors/decisions.hpp"
#include "actors/decisions/apikeys.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

std::string nobody() { return object_text().null("user_id").null("user_role").null("expires").members(); }

step refuse(const context& c, code reason) {
  return finish{.answer = answer::failure(reason, code::apikey_invalid, nobody()),
                .audit = {apikey_note(c.request, "apikey.refused")}};
}

// Who does not say who asks, asks as the key's owner (2019 form).
bool may_view(const context& c, const storage::apikey& key) {
  const std::string_view role = c.request.has("user_role") ? c.request.text("user_role") : std::string_view(key.role);
  return may_handle_apikeys(c, c.request.maybe_integer("user_id").value_or(key.user_id), role, "view", key.user_id);
}

step verify(const context& c, apikey_kind kind) {
  const auto found = check_claims(c.store, *c.request.find("apikey_dict"), kind);
  if (!found || is_used_up(found->key)) return refuse(c, code::apikey_invalid);
  if (!has_good_owner(*found)) return refuse(c, code::apikey_invalid);
  const storage::apikey& key = found->key;
  if (!may_view(c, key)) return refuse(c, code::not_allowed);
  if (!is_in_time(key, c.now)) return refuse(c, code::apikey_invalid);
  return finish{.answer = answer::success(code::apikey_valid, object_text()
                                                                  .integer("user_id", key.user_id)
                                                                  .text("user_role", key.role)
                                                                  .time("expires", key.expires)
                                                                  .members())};
}

}  // namespace

std::string decision<request::apikey_verify>::fields_on_failure(const proto::call&) { return nobody(); }
step decision<request::apikey_verify>::decide(const context& c) { return verify(c, apikey_kind::of_session); }

std::string decision<request::apikey_verify_nosession>::fields_on_failure(const proto::call&) { return nobody(); }
step decision<request::apikey_verify_nosession>::decide(const context& c) {
  return verify(c, apikey_kind::without_session);
}

}  // namespace authnz::actors
