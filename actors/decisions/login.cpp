// user-login, user-passcheck, user-passcheck-nosession, and whose lane an attempt waits in
#include <algorithm>
#include <array>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/attempts.hpp"
#include "actors/rules/password_policy.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

std::string no_user() { return object_text().null("user_id").null("user_role").members(); }

std::string this_user(const storage::user& u) {
  return object_text().integer("user_id", u.id).text("user_role", u.role).members();
}

std::string_view hash_of(const std::optional<storage::user>& u) {
  return u ? std::string_view(u->password_hash) : std::string_view();
}

finish ending(answer a, std::string_view event, const std::optional<storage::user>& u) {
  const std::string who = u ? std::to_string(u->id) : std::string();
  return {.answer = std::move(a), .audit = {{event, who, who}}};
}

// The part of a login that changes the account: times, and a new hash where
// the parameters have moved on.
void record_login(const context& c, finish& end, const storage::user& u, bool success) {
  storage::user after = u;
  after.last_login_try = c.now;
  if (success) after.last_login_success = c.now;
  if (c.known.new_hash) after.password_hash = *c.known.new_hash;
  storage::replace_user(end.tx, u, after);
}

step passcheck(const context& c, const std::optional<storage::user>& user) {
  const auto refuse = [&](code reason, code message, std::string fields) {
    return ending(answer::failure(reason, message, std::move(fields)), "user.passcheck", user);
  };
  const bool locked = automatic_lock(c.store, c.account, c.turn).has_value();
  const auto result = computed(c, c.request.text("password"), locked ? std::string_view() : hash_of(user));
  if (const auto* more = std::get_if<step>(&result)) return *more;
  if (locked) return refuse(code::locked, code::locked, no_user());
  if (std::get<verdict>(result) == verdict::wrong) {
    finish end = refuse(code::invalid_credentials, code::invalid_credentials, no_user());
    count_failure(c, end);
    return end;
  }
  if (!user->in_good_standing()) {
    finish end = refuse(code::account_inactive, code::invalid_credentials,
                        object_text().integer("user_id", user->id).null("user_role").members());
    count_failure(c, end);
    return end;
  }
  finish end = ending(answer::success(code::passcheck_ok, this_user(*user)), "user.passcheck", user);
  forget_failures(c, end);
  return end;
}

bool any_password_too_long(const proto::call& r) {
  return std::ranges::any_of(r.row().params, [&](const proto::param& p) {
    return p.size == proto::size_rule::password && rules::too_long(r.text(p.name));
  });
}

}  // namespace

std::optional<std::string> account_of(const storage::view& store, const proto::call& r, proto::timestamp now) {
  if (r.row().hash != proto::hashing::checking || any_password_too_long(r)) return std::nullopt;
  if (r.row().id != request::user_passcheck) return rules::normalise_address(r.text("email"));
  const auto live = live_session(store, r.text("session_token"), now);
  if (!live) return std::nullopt;
  return std::string(live->user.email);
}

std::string decision<request::user_login>::fields_on_failure(const proto::call&) { return no_user(); }

step decision<request::user_login>::decide(const context& c) {
  const std::string_view password = c.request.text("password");
  if (rules::too_long(password))
    return ending(answer::failure(code::password_too_long, no_user()), "user.login", std::nullopt);
  const auto session = live_session(c.store, c.request.text("session_token"), c.turn);
  const auto user = storage::find_user_by_email(c.store, c.account);
  const bool locked = automatic_lock(c.store, c.account, c.turn).has_value();
  const auto result = computed(c, password, !session || locked ? std::string_view() : hash_of(user));
  if (const auto* more = std::get_if<step>(&result)) return *more;
  if (!session) return ending(answer::failure(code::session_not_found, no_user()), "user.login", user);

  const bool right = std::get<verdict>(result) == verdict::right && user->in_good_standing();
  if (right && needs_rehash(user->password_hash, c.config.argon2) && !c.known.new_hash) return make_hash{password};
  finish end = ending(right    ? answer::success(code::login_ok, this_user(*user))
                      : locked ? answer::failure(code::locked, no_user())
                               : answer::failure(code::invalid_credentials, no_user()),
                      "user.login", user);
  storage::remove_session(end.tx, owned(session->session));
  if (user && !is_protected(user->id)) record_login(c, end, *user, right);
  if (right)
    forget_failures(c, end);
  else if (!locked)
    count_failure(c, end);
  return end;
}

std::string decision<request::user_passcheck>::fields_on_failure(const proto::call&) { return no_user(); }

step decision<request::user_passcheck>::decide(const context& c) {
  const std::string_view password = c.request.text("password");
  if (rules::too_long(password))
    return ending(answer::failure(code::password_too_long, no_user()), "user.passcheck", std::nullopt);
  const auto session = live_session(c.store, c.request.text("session_token"), c.turn);
  // A session that ended while the attempt waited is unknown like any other.
  if (!session || session->user.email != c.account) {
    const auto result = computed(c, password, {});
    if (const auto* more = std::get_if<step>(&result)) return *more;
    return ending(answer::failure(code::session_not_found, no_user()), "user.passcheck", std::nullopt);
  }
  return passcheck(c, storage::find_user(c.store, session->user.id));
}

std::string decision<request::user_passcheck_nosession>::fields_on_failure(const proto::call&) { return no_user(); }

step decision<request::user_passcheck_nosession>::decide(const context& c) {
  if (rules::too_long(c.request.text("password")))
    return ending(answer::failure(code::password_too_long, no_user()), "user.passcheck", std::nullopt);
  return passcheck(c, storage::find_user_by_email(c.store, c.account));
}

}  // namespace authnz::actors
