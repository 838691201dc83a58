// user-changepass, user-changepass-nosession, user-validatepass
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/attempts.hpp"
#include "actors/decisions/password_rules.hpp"
#include "actors/rules/full_name.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::request;

namespace {

finish ending(const context& c, answer a) { return ending_with_echo(c, std::move(a), "user.password-changed"); }

// The password was right, whatever else is wrong: its counter goes.
finish ending_after_check(const context& c, answer a) {
  finish end = ending(c, std::move(a));
  forget_failures(c, end);
  return end;
}

struct caller {
  std::optional<session_and_user> session;
  code refusal = code::none;
};

caller read_caller(const context& c) {
  if (c.request.row().id != request::user_changepass) return {};
  const std::string_view token = c.request.text_or_empty("session_token");
  if (token.empty()) return {};
  auto live = live_session(c.store, token, c.turn);
  if (!live) return {{}, code::session_not_found};
  if (live->user.id != c.request.integer("user_id")) return {{}, code::not_allowed};
  return {std::move(live), code::none};
}

std::optional<storage::user> usable_account(const context& c) {
  auto user = storage::find_user_by_email(c.store, c.account);
  if (!user || user->id != c.request.integer("user_id") || !user->in_good_standing() || is_protected(user->id))
    return std::nullopt;
  return user;
}

step set_password(const context& c, const storage::user& user, const caller& by) {
  const std::string_view password = c.request.text("new_password");
  if (password == c.request.text("current_password"))
    return ending_after_check(c, answer::failure(code::password_unchanged));
  const std::string stored_name = rules::unescape_name(user.full_name);
  const std::string given_name = rules::unescape_name(c.request.text_or_empty("full_name"));
  const auto judged =
      judge_password(c, password, {c.config.server_name, {user.email}, {stored_name, given_name}}, c.config.policy);
  if (const auto* more = std::get_if<step>(&judged)) return *more;
  if (const auto& failed = std::get<0>(judged); !failed.empty()) return ending_after_check(c, insecure(failed));
  if (!c.known.new_hash) return make_hash{password};

  finish end = ending_after_check(c, {code::none, {code::password_changed, code::other_sessions_ended}, {}});
  storage::user after = user;
  after.password_hash = *c.known.new_hash;
  after.updated = c.now;
  end_sessions(end.tx, after, by.session);
  storage::replace_user(end.tx, user, after);
  return end;
}

step change_password(const context& c) {
  if (rules::too_long(c.request.text("current_password")) || rules::too_long(c.request.text("new_password")))
    return ending(c, answer::failure(code::password_too_long));
  const caller by = read_caller(c);
  const auto user = usable_account(c);
  const bool locked = automatic_lock(c.store, c.account, c.turn).has_value();
  const bool dummy = by.refusal != code::none || locked || !user;
  const auto result = computed(c, c.request.text("current_password"),
                               dummy ? std::string_view() : std::string_view(user->password_hash));
  if (const auto* more = std::get_if<step>(&result)) return *more;
  if (by.refusal != code::none) return ending(c, answer::failure(by.refusal, code::session_not_found));
  if (locked) return ending(c, answer::failure(code::locked));
  if (!user || std::get<verdict>(result) == verdict::wrong) {
    finish end = ending(c, answer::failure(code::invalid_credentials));
    count_failure(c, end);
    return end;
  }
  return set_password(c, *user, by);
}

}  // namespace

std::string decision<request::user_changepass>::fields_on_failure(const proto::call& r) { return id_and_email(r); }
step decision<request::user_changepass>::decide(const context& c) { return change_password(c); }
std::string decision<request::user_changepass_nosession>::fields_on_failure(const proto::call& r) {
  return id_and_email(r);
}
step decision<request::user_changepass_nosession>::decide(const context& c) { return change_password(c); }

std::string decision<request::user_validatepass>::fields_on_failure(const proto::call&) { return {}; }

step decision<request::user_validatepass>::decide(const context& c) {
  const std::string_view password = c.request.text("password");
  if (rules::too_long(password)) return finish{.answer = answer::failure(code::password_too_long)};
  rules::password_policy policy = c.config.policy;
  const auto override_int = [&](std::string_view item, int& value) {
    if (const auto given = c.request.maybe_integer(item); given && *given >= 0)
      value = static_cast<int>(std::min<std::int64_t>(*given, INT32_MAX));
  };
  override_int("min_pass_length", policy.min_pass_length);
  override_int("max_unsafe_similarity", policy.max_unsafe_similarity);
  override_int("min_pwned_matches", policy.min_pwned_matches);
  if (const auto given = c.request.maybe_number("max_character_frequency"); given && *given >= 0)
    policy.max_char_frequency = *given;
  const std::string email = rules::normalise_address(c.request.text("email"));
  const std::string name = rules::unescape_name(rules::stored_name(c.request.text("full_name")));
  const auto judged = judge_password(c, password, {c.config.server_name, {email}, {name}}, policy);
  if (const auto* more = std::get_if<step>(&judged)) return *more;
  const auto& failed = std::get<0>(judged);
  return finish{.answer = failed.empty() ? answer{} : insecure(failed)};
}

}  // namespace authnz::actors
