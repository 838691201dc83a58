/// Every code that a request can answer with: one row a code.
///
/// A code is either a failure reason (for the frontend), a message code (for
/// the frontend's user), or both. The text belongs to the message code, so
/// outcomes that share a message code read alike by construction. Texts carry
/// no address, id, token or name. Names are stable (contract, section 13).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace authnz::proto {

enum class code : std::uint8_t {
  none,
  // any request
  invalid_parameters,
  storage_full,
  storage_error,
  conflict,
  // credentials
  invalid_credentials,
  account_inactive,
  locked,
  // permission
  not_allowed,
  protected_user,
  last_superuser,
  caller_invalid,
  target_users_invalid,
  session_mismatch,
  // not found, nothing to do
  session_not_found,
  user_not_found,
  apikey_not_found,
  nothing_to_delete,
  update_empty,
  // addresses and names
  email_invalid,
  email_taken,
  name_invalid,
  user_exists,
  system_id_taken,
  // passwords
  password_too_long,
  password_insecure,
  password_unchanged,
  // values
  ip_address_invalid,
  expires_invalid,
  expires_in_past,
  extra_info_too_large,
  property_invalid,
  property_not_allowed,
  match_invalid,
  role_invalid,
  action_invalid,
  email_type_invalid,
  created_info_invalid,
  sharedwith_invalid,
  limit_value_invalid,
  active_state_mismatch,
  // API keys
  apikey_invalid,
  refresh_token_invalid,
  refresh_token_reused,
  // limits
  over_limit,
  // mail
  email_not_configured,
  email_failed,
  already_verified,
  sent_recently,
  // message codes: password rules
  password_too_short,
  password_common,
  password_too_similar,
  password_repetitive,
  password_numeric,
  password_breached,
  // message codes: success
  session_created,
  session_found,
  session_deleted,
  sessions_deleted,
  session_updated,
  login_ok,
  logout_ok,
  passcheck_ok,
  user_created,
  password_changed,
  other_sessions_ended,
  user_deleted,
  users_found,
  user_found,
  user_updated,
  user_locked,
  user_unlocked,
  verification_ok,
  email_sent_recorded,
  email_requested,
  apikey_created,
  apikey_valid,
  apikey_revoked,
  apikeys_revoked,
  access_granted,
  limit_passed,
  // message codes: blurred failures
  session_create_failed,
  logout_failed,
  edit_failed,
  reset_failed,
  verification_failed,
  request_failed,
  access_denied,
  limit_failed,
  count_
};

/// Where a code may stand in an answer.
enum class code_use : std::uint8_t {
  none,
  failure,              ///< failure reason only; an answer's message code is another
  failure_and_message,  ///< failure reason that is its own message code
  message,              ///< message code only
};

struct code_row {
  code id;
  std::string_view name;
  code_use use;
  std::string_view text;  ///< what the user may read; empty for pure failure reasons
};

inline constexpr auto code_table = std::to_array<code_row>({
    {code::none, "", code_use::none, ""},
    {code::invalid_parameters, "invalid-parameters", code_use::failure_and_message, "The request was not understood."},
    {code::storage_full, "storage-full", code_use::failure_and_message,
     "Changes cannot be saved at the moment. Please try again later."},
    {code::storage_error, "storage-error", code_use::failure_and_message,
     "The request could not be completed at the moment. Please try again later."},
    {code::conflict, "conflict", code_use::failure_and_message,
     "Somebody else changed this at the same moment. Please try again."},
    {code::invalid_credentials, "invalid-credentials", code_use::failure_and_message,
     "The e-mail address or the password is not right."},
    {code::account_inactive, "account-inactive", code_use::failure, ""},
    {code::locked, "locked", code_use::failure_and_message,
     "There were too many failed attempts. Please wait before you try again."},
    {code::not_allowed, "not-allowed", code_use::failure_and_message, "This is not allowed."},
    {code::protected_user, "protected-user", code_use::failure_and_message, "This account cannot be changed."},
    {code::last_superuser, "last-superuser", code_use::failure_and_message, "The last superuser cannot be removed."},
    {code::caller_invalid, "caller-invalid", code_use::failure, ""},
    {code::target_users_invalid, "target-users-invalid", code_use::failure, ""},
    {code::session_mismatch, "session-mismatch", code_use::failure, ""},
    {code::session_not_found, "session-not-found", code_use::failure_and_message,
     "The session does not exist or has expired."},
    {code::user_not_found, "user-not-found", code_use::failure_and_message, "There is no such user."},
    {code::apikey_not_found, "apikey-not-found", code_use::failure_and_message, "There is no such API key."},
    {code::nothing_to_delete, "nothing-to-delete", code_use::failure_and_message, "There was nothing to delete."},
    {code::update_empty, "update-empty", code_use::failure_and_message, "There was nothing to change."},
    {code::email_invalid, "email-invalid", code_use::failure_and_message, "This e-mail address cannot be used."},
    {code::email_taken, "email-taken", code_use::failure, ""},
    {code::name_invalid, "name-invalid", code_use::failure_and_message, "This name cannot be used."},
    {code::user_exists, "user-exists", code_use::failure, ""},
    {code::system_id_taken, "system-id-taken", code_use::failure_and_message, "This system id is in use already."},
    {code::password_too_long, "password-too-long", code_use::failure_and_message,
     "The password is too long: 1024 characters are the limit."},
    {code::password_insecure, "password-insecure", code_use::failure, ""},
    {code::password_unchanged, "password-unchanged", code_use::failure_and_message,
     "The new password must differ from the present one."},
    {code::ip_address_invalid, "ip-address-invalid", code_use::failure_and_message,
     "The network address is not valid."},
    {code::expires_invalid, "expires-invalid", code_use::failure_and_message, "The time of expiry is not valid."},
    {code::expires_in_past, "expires-in-past", code_use::failure_and_message, "The time of expiry has passed already."},
    {code::extra_info_too_large, "extra-info-too-large", code_use::failure_and_message,
     "There is too much additional information."},
    {code::property_invalid, "property-invalid", code_use::failure_and_message,
     "Users cannot be looked up by this property."},
    {code::property_not_allowed, "property-not-allowed", code_use::failure_and_message, "This cannot be changed here."},
    {code::match_invalid, "match-invalid", code_use::failure_and_message,
     "The value to look for is of the wrong kind."},
    {code::role_invalid, "role-invalid", code_use::failure_and_message, "This role cannot be given."},
    {code::action_invalid, "action-invalid", code_use::failure_and_message, "There is no such action."},
    {code::email_type_invalid, "email-type-invalid", code_use::failure_and_message,
     "There is no such kind of message."},
    {code::created_info_invalid, "created-info-invalid", code_use::failure_and_message,
     "The information about the new account is incomplete."},
    {code::sharedwith_invalid, "sharedwith-invalid", code_use::failure, ""},
    {code::limit_value_invalid, "limit-value-invalid", code_use::failure, ""},
    {code::active_state_mismatch, "active-state-mismatch", code_use::failure, ""},
    {code::apikey_invalid, "apikey-invalid", code_use::failure_and_message, "The API key is not valid."},
    {code::refresh_token_invalid, "refresh-token-invalid", code_use::failure, ""},
    {code::refresh_token_reused, "refresh-token-reused", code_use::failure, ""},
    {code::over_limit, "over-limit", code_use::failure, ""},
    {code::email_not_configured, "email-not-configured", code_use::failure_and_message,
     "Messages cannot be sent at the moment."},
    {code::email_failed, "email-failed", code_use::failure, ""},
    {code::already_verified, "already-verified", code_use::failure, ""},
    {code::sent_recently, "sent-recently", code_use::failure, ""},
    {code::password_too_short, "password-too-short", code_use::message, "The password is too short."},
    {code::password_common, "password-common", code_use::message, "The password is one that many people use."},
    {code::password_too_similar, "password-too-similar", code_use::message,
     "The password is too similar to the name, the e-mail address or the name of this site."},
    {code::password_repetitive, "password-repetitive", code_use::message,
     "The password repeats one character too often."},
    {code::password_numeric, "password-numeric", code_use::message, "The password must not consist of digits alone."},
    {code::password_breached, "password-breached", code_use::message, "The password is known from a data breach."},
    {code::session_created, "session-created", code_use::message, "The session was started."},
    {code::session_found, "session-found", code_use::message, "The session is valid."},
    {code::session_deleted, "session-deleted", code_use::message, "The session was ended."},
    {code::sessions_deleted, "sessions-deleted", code_use::message, "The sessions were ended."},
    {code::session_updated, "session-updated", code_use::message, "The session was updated."},
    {code::login_ok, "login-ok", code_use::message, "You are logged in."},
    {code::logout_ok, "logout-ok", code_use::message, "You are logged out."},
    {code::passcheck_ok, "passcheck-ok", code_use::message, "The password is right."},
    {code::user_created, "user-created", code_use::message,
     "Thank you for signing up. Please look for a message at your e-mail address."},
    {code::password_changed, "password-changed", code_use::message, "The password was changed."},
    {code::other_sessions_ended, "other-sessions-ended", code_use::message, "You were logged out everywhere else."},
    {code::user_deleted, "user-deleted", code_use::message, "The account was deleted."},
    {code::users_found, "users-found", code_use::message, "The users were looked up."},
    {code::user_found, "user-found", code_use::message, "The user was found."},
    {code::user_updated, "user-updated", code_use::message, "The account was changed."},
    {code::user_locked, "user-locked", code_use::message, "The account was locked."},
    {code::user_unlocked, "user-unlocked", code_use::message, "The account was unlocked."},
    {code::verification_ok, "verification-ok", code_use::message, "The e-mail address was verified."},
    {code::email_sent_recorded, "email-sent-recorded", code_use::message, "It was noted that a message was sent."},
    {code::email_requested, "email-requested", code_use::message,
     "If this is possible for the account, a message is on its way to the e-mail address."},
    {code::apikey_created, "apikey-created", code_use::message, "The API key was created."},
    {code::apikey_valid, "apikey-valid", code_use::message, "The API key is valid."},
    {code::apikey_revoked, "apikey-revoked", code_use::message, "The API key was revoked."},
    {code::apikeys_revoked, "apikeys-revoked", code_use::message, "The API keys were revoked."},
    {code::access_granted, "access-granted", code_use::message, "Access is granted."},
    {code::limit_passed, "limit-passed", code_use::message, "This is within the limit."},
    {code::session_create_failed, "session-create-failed", code_use::message, "The session could not be started."},
    {code::logout_failed, "logout-failed", code_use::message, "You could not be logged out."},
    {code::edit_failed, "edit-failed", code_use::message, "The change could not be made."},
    {code::reset_failed, "reset-failed", code_use::message, "The password could not be reset."},
    {code::verification_failed, "verification-failed", code_use::message, "The e-mail address could not be verified."},
    {code::request_failed, "request-failed", code_use::message, "The request could not be carried out."},
    {code::access_denied, "access-denied", code_use::message, "Access is denied."},
    {code::limit_failed, "limit-failed", code_use::message, "This is not within the limit."},
});

constexpr bool code_table_is_in_order() {
  for (std::size_t i = 0; i < code_table.size(); ++i)
    if (static_cast<std::size_t>(code_table[i].id) != i) return false;
  return code_table.size() == static_cast<std::size_t>(code::count_);
}
static_assert(code_table_is_in_order(), "code_table needs one row a code, in the enum's order");

constexpr const code_row& row(code c) { return code_table[static_cast<std::size_t>(c)]; }
constexpr std::string_view name(code c) { return row(c).name; }

/// What the transport answers instead of a sealed answer (contract, section 2).
enum class http_status : std::uint16_t {
  none = 0,  ///< no answer, the connection ends: whether the request took effect is not known
  ok = 200,
  bad_request = 400,
  unauthorized = 401,
  not_found = 404,
  method_not_allowed = 405,
  payload_too_large = 413,
  too_many_requests = 429,
  internal_error = 500,
  unavailable = 503,
};

/// The one line of a plain answer; it names the status and nothing else.
constexpr std::string_view plain_text(http_status s) {
  switch (s) {
    case http_status::none: return {};
    case http_status::ok: return "200 OK\n";
    case http_status::bad_request: return "400 Bad Request\n";
    case http_status::unauthorized: return "401 Unauthorized\n";
    case http_status::not_found: return "404 Not Found\n";
    case http_status::method_not_allowed: return "405 Method Not Allowed\n";
    case http_status::payload_too_large: return "413 Payload Too Large\n";
    case http_status::too_many_requests: return "429 Too Many Requests\n";
    case http_status::internal_error: return "500 Internal Server Error\n";
    case http_status::unavailable: return "503 Service Unavailable\n";
  }
  return "500 Internal Server Error\n";
}

}  // namespace authnz::proto
