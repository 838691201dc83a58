// user-resetpass, user-resetpass-nosession
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/password_rules.hpp"
#include "actors/rules/full_name.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::request;

namespace {

/// Who asks, with which session, for which account.
struct reset_request {
  std::string email;
  std::optional<storage::user> user;
  std::optional<session_and_user> session;

  bool by_the_user() const { return session && user && session->user.id == user->id; }
};

reset_request read_request(const context& c) {
  reset_request r;
  r.email = rules::normalise_address(c.request.text("email_address"));
  r.user = storage::find_user_by_email(c.store, r.email);
  return r;
}

finish ending(const reset_request& r, answer a) {
  return {.answer = std::move(a),
          .audit = {{"user.password-reset", r.session ? std::to_string(r.session->user.id) : std::string(),
                     r.user ? std::to_string(r.user->id) : r.email}}};
}

finish refusal(const reset_request& r, code reason) { return ending(r, answer::failure(reason, code::reset_failed)); }

finish reset(const context& c, const reset_request& r) {
  finish end = ending(r, answer::success(code::password_changed));
  storage::user after = *r.user;
  after.password_hash = *c.known.new_hash;
  after.updated = c.now;
  ++after.apikey_epoch;
  ++after.session_apikey_epoch;
  end_sessions(end.tx, after, r.by_the_user() ? r.session : std::nullopt);
  storage::replace_user(end.tx, *r.user, after);
  return end;
}

/// What both forms share. `in_good_standing` is what the account must be, or
/// else the reset is refused for `mismatch`. Refusals write nothing, whatever
/// the address, so that waiting for the disk tells none from another.
step judge_and_reset(const context& c, const reset_request& r, bool in_good_standing, code mismatch) {
  const std::string_view password = c.request.text("new_password");
  if (rules::too_long(password)) return ending(r, answer::failure(code::password_too_long));
  const std::string name = r.user ? rules::unescape_name(r.user->full_name) : std::string();
  const auto judged = judge_password(c, password, {c.config.server_name, {r.email}, {name}}, c.config.policy);
  if (const auto* more = std::get_if<step>(&judged)) return *more;
  if (const auto& failed = std::get<0>(judged); !failed.empty()) return ending(r, insecure(failed));
  if (!c.known.new_hash) return make_hash{password};

  if (!r.user || is_protected(r.user->id)) return refusal(r, code::user_not_found);
  if (r.user->in_good_standing() != in_good_standing) return refusal(r, mismatch);
  return reset(c, r);
}

}  // namespace

std::string decision<request::user_resetpass>::fields_on_failure(const proto::call&) { return {}; }

step decision<request::user_resetpass>::decide(const context& c) {
  reset_request r = read_request(c);
  r.session = live_session(c.store, c.request.text("session_token"), c.turn);
  if (!r.session) return ending(r, answer::failure(code::session_not_found));
  if (r.session->user.id != anonymous_user_id && !r.by_the_user()) return refusal(r, code::not_allowed);
  return judge_and_reset(c, r, true, code::account_inactive);
}

std::string decision<request::user_resetpass_nosession>::fields_on_failure(const proto::call&) { return {}; }

step decision<request::user_resetpass_nosession>::decide(const context& c) {
  return judge_and_reset(c, read_request(c), c.request.boolean("required_active"), code::active_state_mismatch);
}

}  // namespace authnz::actors
