// user-delete, internal-user-delete, user-list, user-lookup-email, user-set-emailverified
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

finish ending_delete(const context& c, answer a) { return ending_with_echo(c, std::move(a), "user.deleted"); }

step refuse_and_count(const context& c, code reason) {
  finish end = ending_delete(c, answer::failure(reason, code::invalid_credentials));
  count_failure(c, end);
  return end;
}

step delete_user(const context& c, const storage::user& user) {
  finish end = ending_delete(c, answer::success(code::user_deleted));
  forget_failures(c, end);
  if (user.role == "superuser") {
    const bool last = is_acting_superuser(user) && !another_superuser(c.store, user.id);
    end.answer = answer::failure(last ? code::last_superuser : code::not_allowed, id_and_email(c.request));
    return end;
  }
  storage::remove_user(end.tx, user);
  return end;
}

}  // namespace

std::string decision<request::user_delete>::fields_on_failure(const proto::call& r) { return id_and_email(r); }

step decision<request::user_delete>::decide(const context& c) {
  const std::string_view password = c.request.text("password");
  if (rules::too_long(password)) return ending_delete(c, answer::failure(code::password_too_long));
  auto user = storage::find_user_by_email(c.store, c.account);
  if (user && (user->id != c.request.integer("user_id") || is_protected(user->id))) user.reset();
  const bool locked = automatic_lock(c.store, c.account, c.turn).has_value();
  const auto result =
      computed(c, password, locked || !user ? std::string_view() : std::string_view(user->password_hash));
  if (const auto* more = std::get_if<step>(&result)) return *more;
  if (locked) return ending_delete(c, answer::failure(code::locked));
  if (!user || std::get<verdict>(result) == verdict::wrong) return refuse_and_count(c, code::invalid_credentials);
  if (!user->active || user->admin_locked) return refuse_and_count(c, code::account_inactive);
  return delete_user(c, *user);
}

std::string decision<request::internal_user_delete>::fields_on_failure(const proto::call&) {
  return object_text().null("user_id").members();
}

step decision<request::internal_user_delete>::decide(const context& c) {
  const std::int64_t target = c.request.integer("target_userid");
  finish end{.answer = answer::success(code::user_deleted, object_text().integer("user_id", target).members()),
             .audit = {{"user.deleted", {}, std::to_string(target)}}};
  const auto refuse = [&](code reason) -> step {
    end.answer = answer::failure(reason, fields_on_failure(c.request));
    return end;
  };
  if (is_protected(target)) return refuse(code::protected_user);
  const auto user = storage::find_user(c.store, target);
  if (!user) return refuse(code::user_not_found);
  if (!leaves_a_superuser(c.store, end.tx, *user, nullptr)) return refuse(code::last_superuser);
  storage::remove_user(end.tx, *user);
  return end;
}

std::string decision<request::user_list>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::user_list>::decide(const context& c) {
  const auto only = c.request.maybe_integer("user_id");
  const auto limit = c.request.maybe_integer("limit");
  const auto after = c.request.maybe_integer("after").value_or(0);
  std::string list = "[";
  std::int64_t listed = 0;
  std::int64_t last = 0;
  bool more = false;
  const auto add = [&](const storage::user& u) {
    if (limit && listed == *limit) return more = true, false;
    if (listed++ > 0) list += ',';
    list += user_info(c.store, u, c.now);
    last = u.id;
    return true;
  };
  if (!only)
    storage::for_each_user(c.store, std::max<std::int64_t>(after, 0), add);
  else if (const auto user = storage::find_user(c.store, *only); user && *only > after)
    add(*user);
  object_text out;
  out.raw("user_info", list + ']');
  if (limit) out.integer_or_null("next_after", more ? std::optional(last) : std::nullopt);
  return finish{.answer = answer::success(code::users_found, out.members())};
}

std::string decision<request::user_lookup_email>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::user_lookup_email>::decide(const context& c) {
  const auto user = storage::find_user_by_email(c.store, rules::normalise_address(c.request.text("email")));
  if (!user) return finish{.answer = answer::failure(code::user_not_found, fields_on_failure(c.request))};
  return finish{.answer = answer::success(code::user_found,
                                          object_text().raw("user_info", user_info(c.store, *user, c.now)).members())};
}

std::string decision<request::user_set_emailverified>::fields_on_failure(const proto::call&) {
  return object_text()
      .null("user_id")
      .boolean("is_active", false)
      .text("user_role", "locked")
      .null("emailverify_sent_datetime")
      .members();
}

step decision<request::user_set_emailverified>::decide(const context& c) {
  const std::string email = rules::normalise_address(c.request.text("email"));
  const auto user = storage::find_user_by_email(c.store, email);
  const std::string target = user ? std::to_string(user->id) : email;
  const auto refuse = [&](code reason) -> step {
    return finish{.answer = answer::failure(reason, code::verification_failed, fields_on_failure(c.request)),
                  .audit = {{"user.verified", {}, target}}};
  };
  if (!user) return refuse(code::user_not_found);
  if (is_protected(user->id)) return refuse(code::protected_user);

  storage::user after = *user;
  after.verified = after.email_verified = true;
  const presented shown = present(c.store, after, c.now);
  finish end{.answer = answer::success(code::verification_ok,
                                       object_text()
                                           .integer("user_id", user->id)
                                           .boolean("is_active", shown.active)
                                           .text("user_role", shown.role)
                                           .time_or_null("emailverify_sent_datetime", user->emailverify_sent)
                                           .members()),
             .audit = {{"user.verified", target, target}}};
  if (user->verified && user->email_verified) return end;
  storage::replace_user(end.tx, *user, after);
  return end;
}

}  // namespace authnz::actors
