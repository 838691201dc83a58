// user-edit, internal-user-edit
#include <algorithm>
#include <array>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/extra_info.hpp"
#include "actors/rules/full_name.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::json;
using proto::object_text;
using proto::request;

namespace {

/// Who edits: each may change what those before it may.
enum class editor : std::uint8_t { oneself, superuser, server };

struct property {
  std::string_view key;
  editor least;
};
constexpr auto properties = std::to_array<property>({
    {"full_name", editor::oneself},
    {"email", editor::oneself},
    {"is_active", editor::superuser},
    {"user_role", editor::superuser},
    {"email_verified", editor::superuser},
    {"extra_info", editor::server},
});

struct edit {
  const json& update;
  std::int64_t target;
  std::optional<session_and_user> caller;
};

edit read_edit(const context& c, std::optional<session_and_user> caller) {
  return {*c.request.find("update_dict"), c.request.integer("target_userid"), std::move(caller)};
}

audit_note note(const edit& e, std::string_view event) {
  return {event, e.caller ? std::to_string(e.caller->user.id) : std::string(), std::to_string(e.target)};
}

finish refuse(const edit& e, code reason, std::string fields = no_user_info()) {
  const code message = reason == code::email_taken ? code::edit_failed : reason;
  return {.answer = answer::failure(reason, message, std::move(fields)), .audit = {note(e, "user.edited")}};
}

bool may_change(std::string_view key, editor by) {
  const auto* known = std::ranges::find(properties, key, &property::key);
  return known != properties.end() && known->least <= by;
}

json keys_not_allowed(const json& update, editor by) {
  json keys = json::array();
  for (const auto& [key, value] : update.items())
    if (!may_change(key, by)) keys.push_back(key);
  return keys;
}

const json* find(const json& update, std::string_view key) {
  const auto found = update.find(key);
  return found == update.end() || found->is_null() ? nullptr : &*found;
}

std::string_view text_of(const json& v) { return v.get_ref<const std::string&>(); }

code change_name(std::string_view given, storage::user& after) {
  if (!rules::name_acceptable(given)) return code::name_invalid;
  after.full_name = rules::stored_name(given);
  return code::none;
}

// To write back the present address changes nothing, so it is not judged:
// that of a seeded user need not obey the rules.
code change_address(const context& c, std::string_view given, storage::user& after) {
  std::string address = rules::normalise_address(given);
  if (address == after.email) return code::none;
  if (!rules::address_acceptable(given, *c.config.disposable_domains)) return code::email_invalid;
  if (storage::find_user_by_email(c.store, address)) return code::email_taken;
  after.email = std::move(address);
  after.email_verified = false;
  return code::none;
}

code change_role(const context& c, std::string_view given, storage::user& after) {
  if (given == "anonymous" || given == "locked" || !c.config.permissions->roles.contains(given))
    return code::role_invalid;
  after.role = given;
  return code::none;
}

// In the order of the contract's checks; whether the address is verified comes
// after the address, whose change clears it.
code change_values(const context& c, const json& update, storage::user& after) {
  code problem = code::none;
  if (const json* name = find(update, "full_name")) problem = change_name(text_of(*name), after);
  if (problem != code::none) return problem;
  if (const json* address = find(update, "email")) problem = change_address(c, text_of(*address), after);
  if (problem != code::none) return problem;
  if (const json* role = find(update, "user_role")) problem = change_role(c, text_of(*role), after);
  if (problem != code::none) return problem;
  if (const json* active = find(update, "is_active")) after.active = active->get<bool>();
  if (const json* verified = find(update, "email_verified"))
    after.verified = after.email_verified = verified->get<bool>();
  return code::none;
}

code change_extra_info(const context& c, const json& update, storage::user& after) {
  const json* given = find(update, "extra_info");
  if (given == nullptr) return code::none;
  auto merged = merge_extra_info(after.extra_info, *given, c.config.limits.extra_info);
  if (!merged) return code::extra_info_too_large;
  after.extra_info = std::move(*merged);
  return code::none;
}

finish store_changes(const context& c, const edit& e, const storage::user& before, storage::user after,
                     storage::mini_transaction tx) {
  finish end{.answer = {}, .tx = std::move(tx), .audit = {note(e, "user.edited")}};
  if (before.role != after.role) end.audit.push_back(note(e, "user.role-changed"));
  if (before.active && !after.active) end.audit.push_back(note(e, "user.deactivated"));
  after.updated = c.now;
  if (!after.active) end_sessions(end.tx, after, std::nullopt);
  storage::replace_user(end.tx, before, after);
  if (e.caller) expect_caller(end.tx, *e.caller);
  end.answer =
      answer::success(code::user_updated, object_text().raw("user_info", user_info(c.store, after, c.now)).members());
  return end;
}

// What both requests share, from the rule of the keys on.
step edit_user(const context& c, const edit& e, editor by) {
  if (const json keys = keys_not_allowed(e.update, by); !keys.empty())
    return refuse(e, code::property_not_allowed,
                  object_text().null("user_info").raw("invalid_keys", proto::to_text(keys)).members());
  const auto before = storage::find_user(c.store, e.target);
  if (!before) return refuse(e, code::user_not_found);
  storage::user after = *before;
  storage::mini_transaction tx;
  if (const code problem = change_values(c, e.update, after); problem != code::none) return refuse(e, problem);
  if (!leaves_a_superuser(c.store, tx, *before, &after)) return refuse(e, code::last_superuser);
  if (const code problem = change_extra_info(c, e.update, after); problem != code::none) return refuse(e, problem);
  return store_changes(c, e, *before, std::move(after), std::move(tx));
}

}  // namespace

std::string decision<request::user_edit>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::user_edit>::decide(const context& c) {
  const edit e = read_edit(c, live_session(c.store, c.request.text("session_token"), c.turn));
  if (e.update.empty()) return refuse(e, code::update_empty);
  if (is_protected(e.target)) return refuse(e, code::protected_user);
  if (!e.caller) return refuse(e, code::session_not_found);
  if (!is_caller(*e.caller, c.request)) return refuse(e, code::not_allowed);
  const std::string_view role = c.request.text("user_role");
  const bool superuser = role == "superuser";
  if ((!superuser && e.caller->user.id != e.target) || role == "anonymous" || role == "locked")
    return refuse(e, code::not_allowed);
  return edit_user(c, e, superuser ? editor::superuser : editor::oneself);
}

std::string decision<request::internal_user_edit>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::internal_user_edit>::decide(const context& c) {
  const edit e = read_edit(c, std::nullopt);
  if (e.update.empty()) return refuse(e, code::update_empty);
  if (is_protected(e.target)) return refuse(e, code::protected_user);
  return edit_user(c, e, editor::server);
}

}  // namespace authnz::actors
