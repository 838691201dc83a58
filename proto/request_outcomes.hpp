/// What every request may answer: its success codes and its failures. The
/// documents and the proof that each outcome has a test derive from it.
/// Source: contract, section 8; failures in the order of its checks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "proto/error.hpp"
#include "proto/requests.hpp"

namespace authnz::proto {

/// One failure reason and the message code that goes with it.
struct failure_outcome {
  constexpr failure_outcome() = default;
  constexpr failure_outcome(code own) : failure_outcome(own, own) {}
  constexpr failure_outcome(code why, code told) : reason(why), message(told) {}

  code reason = code::none;
  code message = code::none;  ///< none: one of `password_rule_codes` for each rule that fails
};

/// What a refusal by the password policy may tell, in the order of the rules.
inline constexpr auto password_rule_codes =
    std::to_array<code>({code::password_too_short, code::password_common, code::password_too_similar,
                         code::password_repetitive, code::password_numeric, code::password_breached});

/// Failures that any request may give besides its own; each is its own message code.
inline constexpr auto common_failures =
    std::to_array<code>({code::invalid_parameters, code::storage_full, code::storage_error, code::conflict});

/// A list that a table's row can hold as a literal.
template <class T, std::size_t Capacity>
class short_list {
 public:
  constexpr short_list(std::initializer_list<T> items) : size_(items.size()) {
    std::copy(items.begin(), items.end(), items_.begin());
  }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }

 private:
  std::array<T, Capacity> items_{};
  std::size_t size_;
};

struct outcomes_row {
  request id;
  short_list<code, 2> successes;  ///< message codes of success; empty: success tells nothing
  short_list<failure_outcome, 11> failures;
};

namespace rows {

inline constexpr failure_outcome insecure{code::password_insecure, code::none};

constexpr failure_outcome blurred_credentials(code why) { return {why, code::invalid_credentials}; }
constexpr failure_outcome blurred_reset(code why) { return {why, code::reset_failed}; }
constexpr failure_outcome blurred_mail(code why) { return {why, code::email_requested}; }
constexpr failure_outcome blurred_key(code why) { return {why, code::apikey_invalid}; }
constexpr failure_outcome blurred_access(code why) { return {why, code::access_denied}; }
constexpr failure_outcome blurred_limit(code why) { return {why, code::limit_failed}; }

}  // namespace rows

inline constexpr auto outcomes_table = std::to_array<outcomes_row>({
    {request::session_new,
     {code::session_created},
     {code::ip_address_invalid,
      code::expires_invalid,
      code::expires_in_past,
      {code::user_not_found, code::session_create_failed},
      {code::account_inactive, code::session_create_failed}}},
    {request::session_exists, {code::session_found}, {code::session_not_found}},
    {request::session_delete, {code::session_deleted}, {code::session_not_found}},
    {request::session_delete_userid,
     {code::sessions_deleted},
     {code::session_not_found, code::not_allowed, code::nothing_to_delete}},
    {request::session_setinfo, {code::session_updated}, {code::session_not_found}},
    {request::internal_session_edit,
     {code::session_updated},
     {code::update_empty, code::session_not_found, code::extra_info_too_large}},
    {request::user_login,
     {code::login_ok},
     {code::password_too_long, code::session_not_found, code::locked, code::invalid_credentials}},
    {request::user_logout,
     {code::logout_ok},
     {{code::session_not_found, code::logout_failed}, {code::not_allowed, code::logout_failed}}},
    {request::user_passcheck,
     {code::passcheck_ok},
     {code::password_too_long, code::session_not_found, code::locked, code::invalid_credentials,
      rows::blurred_credentials(code::account_inactive)}},
    {request::user_passcheck_nosession,
     {code::passcheck_ok},
     {code::password_too_long, code::locked, code::invalid_credentials,
      rows::blurred_credentials(code::account_inactive)}},
    {request::user_new,
     {code::user_created},
     {code::email_invalid,
      code::name_invalid,
      code::password_too_long,
      rows::insecure,
      code::system_id_taken,
      {code::user_exists, code::user_created}}},
    {request::user_changepass,
     {code::password_changed, code::other_sessions_ended},
     {code::password_too_long,
      code::session_not_found,
      {code::not_allowed, code::session_not_found},
      code::locked,
      code::invalid_credentials,
      code::password_unchanged,
      rows::insecure}},
    {request::user_changepass_nosession,
     {code::password_changed, code::other_sessions_ended},
     {code::password_too_long, code::locked, code::invalid_credentials, code::password_unchanged, rows::insecure}},
    {request::user_delete,
     {code::user_deleted},
     {code::password_too_long, code::locked, code::invalid_credentials,
      rows::blurred_credentials(code::account_inactive), code::last_superuser, code::not_allowed}},
    {request::user_list, {code::users_found}, {}},
    {request::user_lookup_email, {code::user_found}, {code::user_not_found}},
    {request::user_lookup_match, {code::users_found}, {code::property_invalid, code::match_invalid}},
    {request::user_edit,
     {code::user_updated},
     {code::update_empty,
      code::protected_user,
      code::session_not_found,
      code::not_allowed,
      code::property_not_allowed,
      code::user_not_found,
      code::name_invalid,
      code::email_invalid,
      {code::email_taken, code::edit_failed},
      code::role_invalid,
      code::last_superuser}},
    {request::user_resetpass,
     {code::password_changed},
     {code::session_not_found, rows::blurred_reset(code::not_allowed), code::password_too_long, rows::insecure,
      rows::blurred_reset(code::user_not_found), rows::blurred_reset(code::account_inactive)}},
    {request::user_resetpass_nosession,
     {code::password_changed},
     {code::password_too_long, rows::insecure, rows::blurred_reset(code::user_not_found),
      rows::blurred_reset(code::active_state_mismatch)}},
    // Without `last-superuser`: whoever may lock another stays a superuser, so the last one is never the other.
    {request::user_lock,
     {code::user_locked, code::user_unlocked},
     {code::not_allowed, code::action_invalid, code::protected_user, code::session_not_found, code::user_not_found}},
    {request::user_validatepass, {}, {code::password_too_long, rows::insecure}},
    {request::internal_user_lock,
     {code::user_locked, code::user_unlocked},
     {code::action_invalid, code::protected_user, code::user_not_found, code::last_superuser}},
    {request::internal_user_edit,
     {code::user_updated},
     {code::update_empty,
      code::protected_user,
      code::property_not_allowed,
      code::user_not_found,
      code::name_invalid,
      code::email_invalid,
      {code::email_taken, code::edit_failed},
      code::role_invalid,
      code::last_superuser,
      code::extra_info_too_large}},
    {request::internal_user_delete,
     {code::user_deleted},
     {code::protected_user, code::user_not_found, code::last_superuser}},
    {request::user_set_emailverified,
     {code::verification_ok},
     {{code::user_not_found, code::verification_failed}, {code::protected_user, code::verification_failed}}},
    {request::user_set_emailsent,
     {code::email_sent_recorded},
     {code::email_type_invalid,
      {code::user_not_found, code::request_failed},
      {code::protected_user, code::request_failed}}},
    {request::user_sendemail_signup,
     {code::email_requested},
     {code::email_not_configured, code::created_info_invalid, code::session_not_found,
      rows::blurred_mail(code::not_allowed), rows::blurred_mail(code::user_not_found),
      rows::blurred_mail(code::already_verified), rows::blurred_mail(code::account_inactive),
      rows::blurred_mail(code::email_failed)}},
    {request::user_sendemail_forgotpass,
     {code::email_requested},
     {code::email_not_configured, code::session_not_found, rows::blurred_mail(code::user_not_found),
      rows::blurred_mail(code::account_inactive), rows::blurred_mail(code::sent_recently),
      rows::blurred_mail(code::email_failed)}},
    {request::apikey_new,
     {code::apikey_created},
     {code::not_allowed,
      code::session_not_found,
      {code::session_mismatch, code::session_not_found},
      code::expires_invalid}},
    {request::apikey_verify, {code::apikey_valid}, {code::apikey_invalid, rows::blurred_key(code::not_allowed)}},
    {request::apikey_revoke, {code::apikey_revoked}, {code::apikey_invalid, code::not_allowed, code::apikey_not_found}},
    {request::apikey_new_nosession,
     {code::apikey_created},
     {code::not_allowed, code::expires_invalid, code::ip_address_invalid}},
    {request::apikey_verify_nosession,
     {code::apikey_valid},
     {code::apikey_invalid, rows::blurred_key(code::not_allowed)}},
    {request::apikey_revoke_nosession,
     {code::apikey_revoked},
     {code::apikey_invalid, code::not_allowed, code::apikey_not_found}},
    {request::apikey_revokeall_nosession, {code::apikeys_revoked}, {code::apikey_invalid, code::not_allowed}},
    {request::apikey_refresh_nosession,
     {code::apikey_created},
     {code::ip_address_invalid, code::apikey_invalid, rows::blurred_key(code::refresh_token_invalid),
      rows::blurred_key(code::refresh_token_reused), rows::blurred_key(code::not_allowed), code::expires_invalid}},
    {request::user_check_access,
     {code::access_granted},
     {rows::blurred_access(code::sharedwith_invalid), rows::blurred_access(code::caller_invalid),
      rows::blurred_access(code::target_users_invalid), rows::blurred_access(code::not_allowed)}},
    {request::user_check_limit,
     {code::limit_passed},
     {rows::blurred_limit(code::caller_invalid), rows::blurred_limit(code::limit_value_invalid),
      rows::blurred_limit(code::over_limit)}},
});

constexpr bool outcomes_table_is_in_order() {
  for (std::size_t i = 0; i < outcomes_table.size(); ++i)
    if (static_cast<std::size_t>(outcomes_table[i].id) != i) return false;
  return outcomes_table.size() == request_count;
}
static_assert(outcomes_table_is_in_order(), "outcomes_table needs one row a request, in the enum's order");

constexpr const outcomes_row& outcomes(request r) { return outcomes_table[static_cast<std::size_t>(r)]; }

constexpr bool is_failure_reason(code c) {
  return row(c).use == code_use::failure || row(c).use == code_use::failure_and_message;
}
constexpr bool is_message(code c) {
  return row(c).use == code_use::message || row(c).use == code_use::failure_and_message;
}

constexpr bool outcomes_use_codes_as_declared() {
  const auto fits = [](const failure_outcome& f) {
    return is_failure_reason(f.reason) && (f.message == code::none || is_message(f.message));
  };
  return std::ranges::all_of(outcomes_table, [&](const outcomes_row& r) {
    return std::ranges::all_of(r.successes, is_message) && std::ranges::all_of(r.failures, fits);
  });
}
static_assert(outcomes_use_codes_as_declared(), "a code stands where code_table does not let it");

constexpr bool each_reason_is_listed_once() {
  return std::ranges::all_of(outcomes_table, [](const outcomes_row& r) {
    return std::ranges::all_of(r.failures, [&](const failure_outcome& f) {
      return std::ranges::count(r.failures, f.reason, &failure_outcome::reason) == 1;
    });
  });
}
static_assert(each_reason_is_listed_once(), "a request lists a failure reason twice");

constexpr bool has_an_outcome(const code_row& c) {
  if (c.use == code_use::message)
    return std::ranges::any_of(outcomes_table, [&](const outcomes_row& r) {
      return std::ranges::count(r.successes, c.id) != 0 ||
             std::ranges::count(r.failures, c.id, &failure_outcome::message) != 0;
    });
  return std::ranges::any_of(outcomes_table, [&](const outcomes_row& r) {
    return std::ranges::count(r.failures, c.id, &failure_outcome::reason) != 0;
  });
}

constexpr bool each_code_has_an_outcome() {
  return std::ranges::all_of(code_table, [](const code_row& c) {
    return c.id == code::none || std::ranges::count(common_failures, c.id) != 0 ||
           std::ranges::count(password_rule_codes, c.id) != 0 || has_an_outcome(c);
  });
}
static_assert(each_code_has_an_outcome(), "a code that no request answers with");

}  // namespace authnz::proto
