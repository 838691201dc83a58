/// THE request table: one constexpr row a request. Validation, dispatch, rate
/// limits, what may be logged, the documentation and the clients derive from
/// it. Source: contract, sections 0, 3, 4 and 8.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/request_items.hpp"

namespace authnz::proto {

enum class request : std::uint8_t {
  session_new,
  session_exists,
  session_delete,
  session_delete_userid,
  session_setinfo,
  internal_session_edit,
  user_login,
  user_logout,
  user_passcheck,
  user_passcheck_nosession,
  user_new,
  user_changepass,
  user_changepass_nosession,
  user_delete,
  user_list,
  user_lookup_email,
  user_lookup_match,
  user_edit,
  user_resetpass,
  user_resetpass_nosession,
  user_lock,
  user_validatepass,
  internal_user_lock,
  internal_user_edit,
  internal_user_delete,
  user_set_emailverified,
  user_set_emailsent,
  user_sendemail_signup,
  user_sendemail_forgotpass,
  apikey_new,
  apikey_verify,
  apikey_revoke,
  apikey_new_nosession,
  apikey_verify_nosession,
  apikey_revoke_nosession,
  apikey_revokeall_nosession,
  apikey_refresh_nosession,
  user_check_access,
  user_check_limit,
  count_
};
inline constexpr std::size_t request_count = static_cast<std::size_t>(request::count_);

/// The actor that decides.
enum class target : std::uint8_t { session, user, apikey, mailer, policy };

enum class effect : std::uint8_t { read, write };

/// How a request's callers are limited: in a class of its own, with an
/// allowance a minute, or by its group (contract, section 4).
struct rate {
  std::uint32_t own = 0;    ///< requests a minute; 0 = the group's
  bool by_address = false;  ///< has a second bucket for the e-mail address
};

inline constexpr rate group_rate{};
inline constexpr rate group_rate_and_address{.by_address = true};
constexpr rate own_rate(std::uint32_t a_minute) { return {.own = a_minute}; }
constexpr rate own_rate_and_address(std::uint32_t a_minute) { return {.own = a_minute, .by_address = true}; }

/// What a request does with passwords (contract, sections 5 and 7.6).
enum class hashing : std::uint8_t {
  no,
  once_accepted,  ///< one hash, after other checks
  checking,       ///< a checking request: lane, one verification on every path, back-off
};

/// Who may cause a request (contract, section 0).
enum class trust : std::uint8_t { none, frontend, internal };

struct request_row {
  request id;
  std::string_view name;
  std::string_view alias;  ///< name of 2019, empty if there is none
  target actor;
  effect what;
  rate limit;
  hashing hash;
  trust trusted;
  std::span<const param> params;
  std::string_view shard_by;           ///< the item whose value chooses the actor's shard
  std::string_view help;               ///< one sentence
  std::span<const param> update = {};  ///< known members of the item `update_dict`, where validation looks into it
};

inline constexpr auto request_table = std::to_array<request_row>({
    {request::session_new, "session-new", "", target::session, effect::write, group_rate, hashing::no, trust::frontend,
     rows::session_new, "user_id", "Starts a session for a user, anonymous or logged in."},
    {request::session_exists, "session-exists", "", target::session, effect::read, group_rate, hashing::no, trust::none,
     rows::one_token, "session_token", "Tells whether a session is live, and whose it is."},
    {request::session_delete, "session-delete", "", target::session, effect::write, group_rate, hashing::no,
     trust::none, rows::one_token, "session_token", "Ends one session."},
    {request::session_delete_userid, "session-delete-userid", "", target::session, effect::write, group_rate,
     hashing::no, trust::frontend, rows::session_delete_userid, "user_id",
     "Ends all sessions of a user, or all but the current one."},
    {request::session_setinfo, "session-setinfo", "", target::session, effect::write, group_rate, hashing::no,
     trust::none, rows::session_setinfo, "session_token", "Replaces a session's additional information (2019 form)."},
    {request::internal_session_edit, "internal-session-edit", "", target::session, effect::write, group_rate,
     hashing::no, trust::internal, rows::internal_session_edit, "target_session_token",
     "Merges into a session's additional information."},
    {request::user_login, "user-login", "", target::user, effect::write, own_rate(10), hashing::checking, trust::none,
     rows::user_login, "email", "Checks an address and a password, and ends the session that asked."},
    {request::user_logout, "user-logout", "", target::session, effect::write, own_rate(10), hashing::no, trust::none,
     rows::user_logout, "session_token", "Ends the session of a user who logs out."},
    {request::user_passcheck, "user-passcheck", "", target::user, effect::write, own_rate(30), hashing::checking,
     trust::none, rows::user_passcheck, "session_token", "Checks the password of a session's user again."},
    {request::user_passcheck_nosession, "user-passcheck-nosession", "", target::user, effect::write, own_rate(10),
     hashing::checking, trust::none, rows::user_passcheck_nosession, "email",
     "Checks an address and a password without a session."},
    {request::user_new, "user-new", "", target::user, effect::write, own_rate(5), hashing::once_accepted, trust::none,
     rows::user_new, "email", "Signs up a new user, or renews a sign-up that was never verified."},
    {request::user_changepass, "user-changepass", "", target::user, effect::write, own_rate(5), hashing::checking,
     trust::none, rows::user_changepass, "email", "Changes a password and ends the user's other sessions."},
    {request::user_changepass_nosession, "user-changepass-nosession", "", target::user, effect::write, own_rate(5),
     hashing::checking, trust::none, rows::user_changepass_nosession, "email",
     "Changes a password and ends all of the user's sessions."},
    {request::user_delete, "user-delete", "", target::user, effect::write, own_rate(10), hashing::checking, trust::none,
     rows::user_delete, "email", "Deletes an account, with everything that belongs to it."},
    {request::user_list, "user-list", "", target::user, effect::read, group_rate, hashing::no, trust::frontend,
     rows::user_list, "", "Lists users by ascending id."},
    {request::user_lookup_email, "user-lookup-email", "", target::user, effect::read, group_rate_and_address,
     hashing::no, trust::frontend, rows::one_email, "email", "Looks up a user by e-mail address."},
    {request::user_lookup_match, "user-lookup-match", "", target::user, effect::read, group_rate, hashing::no,
     trust::frontend, rows::user_lookup_match, "", "Lists the users of whom one property has a given value."},
    {request::user_edit, "user-edit", "", target::user, effect::write, own_rate(10), hashing::no, trust::none,
     rows::user_edit, "target_userid", "Changes a user's record, within what the caller may.", rows::user_edit_update},
    {request::user_resetpass, "user-resetpass", "", target::user, effect::write, own_rate(5), hashing::once_accepted,
     trust::frontend, rows::user_resetpass, "email_address",
     "Sets a new password for a user who forgot the present one."},
    {request::user_resetpass_nosession, "user-resetpass-nosession", "", target::user, effect::write, own_rate(5),
     hashing::once_accepted, trust::frontend, rows::user_resetpass_nosession, "email_address",
     "Sets a new password, without a session."},
    {request::user_lock, "user-lock", "", target::user, effect::write, group_rate, hashing::no, trust::none,
     rows::user_lock, "target_userid", "Locks or unlocks an account, for a superuser."},
    {request::user_validatepass, "user-validatepass", "", target::user, effect::read, group_rate, hashing::no,
     trust::none, rows::user_validatepass, "email", "Judges a password by the password policy."},
    {request::internal_user_lock, "internal-user-lock", "", target::user, effect::write, group_rate, hashing::no,
     trust::internal, rows::internal_user_lock, "target_userid", "Locks or unlocks an account."},
    {request::internal_user_edit, "internal-user-edit", "", target::user, effect::write, group_rate, hashing::no,
     trust::internal, rows::internal_user_edit, "target_userid", "Changes a user's record.",
     rows::internal_user_edit_update},
    {request::internal_user_delete, "internal-user-delete", "", target::user, effect::write, group_rate, hashing::no,
     trust::internal, rows::internal_user_delete, "target_userid",
     "Deletes an account, with everything that belongs to it."},
    {request::user_set_emailverified, "user-set-emailverified", "user-verify-email", target::user, effect::write,
     group_rate_and_address, hashing::no, trust::frontend, rows::one_email, "email",
     "Records that a user proved an e-mail address."},
    {request::user_set_emailsent, "user-set-emailsent", "", target::user, effect::write, own_rate_and_address(2),
     hashing::no, trust::frontend, rows::user_set_emailsent, "email",
     "Records that the frontend sent a message to a user."},
    {request::user_sendemail_signup, "user-sendemail-signup", "user-signup-email", target::mailer, effect::write,
     own_rate_and_address(2), hashing::no, trust::none, rows::user_sendemail_signup, "email_address",
     "Sends a message that lets a new user prove the address."},
    {request::user_sendemail_forgotpass, "user-sendemail-forgotpass", "user-forgotpass-email", target::mailer,
     effect::write, own_rate_and_address(2), hashing::no, trust::none, rows::user_sendemail_forgotpass, "email_address",
     "Sends a message that lets a user set a new password."},
    {request::apikey_new, "apikey-new", "", target::apikey, effect::write, own_rate(30), hashing::no, trust::none,
     rows::apikey_new, "user_id", "Issues an API key that ends with its session."},
    {request::apikey_verify, "apikey-verify", "", target::apikey, effect::read, group_rate, hashing::no, trust::none,
     rows::apikey_verify, "user_id", "Verifies an API key that is tied to a session."},
    {request::apikey_revoke, "apikey-revoke", "", target::apikey, effect::write, group_rate, hashing::no, trust::none,
     rows::apikey_revoke, "user_id", "Revokes an API key that is tied to a session."},
    {request::apikey_new_nosession, "apikey-new-nosession", "", target::apikey, effect::write, own_rate(30),
     hashing::no, trust::none, rows::apikey_new_nosession, "user_id",
     "Issues an API key without a session, and its refresh token."},
    {request::apikey_verify_nosession, "apikey-verify-nosession", "", target::apikey, effect::read, group_rate,
     hashing::no, trust::none, rows::apikey_verify, "user_id", "Verifies an API key without a session."},
    {request::apikey_revoke_nosession, "apikey-revoke-nosession", "", target::apikey, effect::write, group_rate,
     hashing::no, trust::none, rows::apikey_revoke, "user_id",
     "Revokes an API key without a session, and its refresh token."},
    {request::apikey_revokeall_nosession, "apikey-revokeall-nosession", "", target::apikey, effect::write, group_rate,
     hashing::no, trust::none, rows::apikey_revoke, "user_id", "Revokes all of a user's API keys without a session."},
    {request::apikey_refresh_nosession, "apikey-refresh-nosession", "", target::apikey, effect::write, own_rate(30),
     hashing::no, trust::none, rows::apikey_refresh_nosession, "user_id",
     "Exchanges an API key and its refresh token for new ones."},
    {request::user_check_access, "user-check-access", "", target::policy, effect::read, group_rate, hashing::no,
     trust::none, rows::user_check_access, "user_id", "Asks the permissions policy whether a user may do something."},
    {request::user_check_limit, "user-check-limit", "", target::policy, effect::read, group_rate, hashing::no,
     trust::none, rows::user_check_limit, "user_id",
     "Asks the permissions policy whether a value is within a role's limit."},
});

constexpr bool request_table_is_in_order() {
  for (std::size_t i = 0; i < request_table.size(); ++i)
    if (static_cast<std::size_t>(request_table[i].id) != i) return false;
  return request_table.size() == request_count;
}
static_assert(request_table_is_in_order(), "request_table needs one row a request, in the enum's order");

/// Items a request has at most; handlers' calls keep one slot for each.
inline constexpr std::size_t max_params = 16;

constexpr const request_row& row(request r) { return request_table[static_cast<std::size_t>(r)]; }

/// The row of a request's current name or alias; null if there is none.
const request_row* find_request(std::string_view name) noexcept;

}  // namespace authnz::proto
