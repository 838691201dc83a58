// user-set-emailsent
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

std::string sent_fields(const context& c, const storage::user& u) {
  const presented shown = present(c.store, u, c.now);
  return object_text()
      .integer("user_id", u.id)
      .text("email", u.email)
      .boolean("is_active", shown.active)
      .text("user_role", shown.role)
      .time_or_null("emailverify_sent_datetime", u.emailverify_sent)
      .time_or_null("emailforgotpass_sent_datetime", u.emailforgotpass_sent)
      .members();
}

}  // namespace

std::string decision<request::user_set_emailsent>::fields_on_failure(const proto::call&) {
  return object_text()
      .null("user_id")
      .null("email")
      .null("is_active")
      .null("user_role")
      .null("emailverify_sent_datetime")
      .null("emailforgotpass_sent_datetime")
      .members();
}

step decision<request::user_set_emailsent>::decide(const context& c) {
  const std::string email = rules::normalise_address(c.request.text("email"));
  const std::string_view type = c.request.text("email_type");
  const auto user = storage::find_user_by_email(c.store, email);
  const auto ending = [&](answer a) -> finish {
    return {.answer = std::move(a),
            .audit = {{"user.email-sent-recorded", {}, user ? std::to_string(user->id) : email}}};
  };
  const auto refuse = [&](code reason, code message) -> step {
    return ending(answer::failure(reason, message, fields_on_failure(c.request)));
  };
  if (type != "signup" && type != "forgotpass") return refuse(code::email_type_invalid, code::email_type_invalid);
  if (!user) return refuse(code::user_not_found, code::request_failed);
  if (is_protected(user->id)) return refuse(code::protected_user, code::request_failed);

  storage::user after = *user;
  (type == "signup" ? after.emailverify_sent : after.emailforgotpass_sent) = c.now;
  finish end = ending(answer::success(code::email_sent_recorded, sent_fields(c, after)));
  storage::replace_user(end.tx, *user, after);
  return end;
}

}  // namespace authnz::actors
