// apikey-new, apikey-new-nosession
#include "actors/client_address.hpp"
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/apikeys.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

constexpr std::string_view created = "apikey.created";

std::vector<audit_note> note(const context& c) {
  const std::string who = std::to_string(c.request.integer("user_id"));
  return {{created, who, who}};
}

step refuse(const context& c, code reason, code message) {
  return finish{.answer = answer::failure(reason, message, fields_on_failure(c.request)), .audit = note(c)};
}
step refuse(const context& c, code reason) { return refuse(c, reason, reason); }

bool may_create(const context& c) {
  const std::int64_t caller = c.request.integer("user_id");
  return may_handle_apikeys(c, caller, c.request.text("user_role"), "create", caller);
}

// The claims before `tkn`.
std::string first_claims(const context& c, std::string_view address, bool of_session) {
  const proto::call& r = c.request;
  object_text out;
  out.text("iss", r.has("issuer") ? r.text("issuer") : std::string_view(c.config.server_name))
      .raw("ver", proto::to_text(*r.find("apiversion")))
      .integer("uid", r.integer("user_id"))
      .text("rol", r.text("user_role"));
  if (of_session) {
    out.text("usa", r.text("user_agent"));
    if (r.used_other_name("user_agent")) out.text("clt", r.text("user_agent"));
  }
  out.text("aud", r.text("audience")).raw("sub", proto::to_text(*r.find("subject"))).text("ipa", address);
  return out.members();
}

std::optional<apikey_times> times_of_session_key(const context& c) {
  constexpr std::int64_t seconds_a_day = 86400;
  constexpr std::int64_t most_days = std::int64_t{10000} * 366;
  const std::int64_t days = c.request.integer("expires_days");
  if (days < -most_days || days > most_days) return std::nullopt;
  const auto expires = proto::add_seconds(c.now, days * seconds_a_day);
  const auto not_before = add_fraction(c.now, *c.request.maybe_number("not_valid_before"));
  if (!expires || !not_before) return std::nullopt;
  return apikey_times{c.now, *not_before, *expires};
}

bool is_as_asked(const session_and_user& s, const proto::call& r) {
  return s.user.id == r.integer("user_id") && s.user.role == r.text("user_role") &&
         s.session.ip_address == canonical_ip(r.text("ip_address")) && s.session.user_agent == r.text("user_agent");
}

finish success(const context& c, const issued_apikey& made, const storage::user& owner) {
  finish end{.answer = answer::success(code::apikey_created, made.fields), .audit = note(c)};
  storage::add_apikey(end.tx, made.key);
  storage::expect_user(end.tx, owner);
  return end;
}

}  // namespace

std::string decision<request::apikey_new>::fields_on_failure(const proto::call&) {
  return object_text().null("apikey").null("expires").members();
}

step decision<request::apikey_new>::decide(const context& c) {
  if (!may_create(c)) return refuse(c, code::not_allowed);
  const auto live = live_session(c.store, c.request.text("session_token"), c.turn);
  if (!live) return refuse(c, code::session_not_found);
  if (!is_as_asked(*live, c.request)) return refuse(c, code::session_mismatch, code::session_not_found);
  const auto times = times_of_session_key(c);
  if (!times) return refuse(c, code::expires_invalid);

  // A session that ends before the commit takes the key with it.
  const auto owner = *storage::find_user(c.store, live->user.id);
  issued_apikey made = issue_apikey(c, owner.id, owner.role, first_claims(c, live->session.ip_address, true), *times);
  made.key.session = live->key;
  made.key.epoch = owner.session_apikey_epoch;
  return success(c, made, owner);
}

std::string decision<request::apikey_new_nosession>::fields_on_failure(const proto::call&) {
  return no_apikey_with_refresh_token();
}

step decision<request::apikey_new_nosession>::decide(const context& c) {
  if (!may_create(c)) return refuse(c, code::not_allowed);
  const auto times = times_without_session(c);
  if (!times) return refuse(c, code::expires_invalid);
  const auto address = canonical_ip(c.request.text("ip_address"));
  if (!address) return refuse(c, code::ip_address_invalid);

  const auto owner = *storage::find_user(c.store, c.request.integer("user_id"));
  const issued_apikey made =
      issue_with_refresh_token(c, owner, owner.role, first_claims(c, *address, false), *times, {});
  finish end = success(c, made, owner);
  storage::add_family(end.tx, {.key = made.key.key, .user_id = owner.id});
  return end;
}

}  // namespace authnz::actors
