/// What requests carry: how an item is described, and every request's list of
/// them. Source: contract, sections 3 and 8.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace authnz::proto {

/// JSON types an item may have; a set is the sum of several.
enum type_set : std::uint16_t {
  t_str = 1,
  t_int = 2,
  t_float = 4,  ///< accepts a whole number too
  t_dict = 8,
  t_list = 16,
  t_bool = 32,
  t_any = 64,  ///< anything but null
  t_null = 128,
  t_texts = 256,  ///< a list of strings
};
constexpr type_set operator|(type_set a, type_set b) {
  return static_cast<type_set>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

enum class need : std::uint8_t {
  required,           ///< R
  required_nullable,  ///< R0: must be there, null is allowed
  optional,           ///< O: null equals absent
};

/// What a log may show of an item.
enum class secrecy : std::uint8_t {
  open,      ///< as it is
  personal,  ///< as a keyed digest
  secret,    ///< never, in no form
};

/// Which limit of size an item has (contract, section 3).
enum class size_rule : std::uint8_t {
  ordinary,   ///< text: maxstring bytes; dict and list: maxextrainfo as compact JSON
  password,   ///< 1024 code points, judged by the action, not by validation
  long_text,  ///< text: maxextrainfo bytes
};

/// Which characters a text may hold; others: "invalid value".
enum class text_form : std::uint8_t {
  any,
  visible_ascii,  ///< U+0021 to U+007E, at least one
};

struct param {
  std::string_view name;
  type_set types;
  need needed = need::required;
  secrecy privacy = secrecy::open;
  std::string_view also = {};  ///< other accepted name
  size_rule size = size_rule::ordinary;
  std::int64_t min = INT64_MIN;  ///< for int values; outside: "invalid value"
  std::int64_t max = INT64_MAX;
  std::uint32_t max_chars = 0;  ///< for text, in code points; 0 = no own limit
  text_form form = text_form::any;
};

namespace rows {

inline constexpr param token{"session_token", t_str, need::required, secrecy::personal};
inline constexpr param email{"email", t_str, need::required, secrecy::personal};
inline constexpr param user_id{"user_id", t_int, need::required, secrecy::personal};
inline constexpr param password{
    .name = "password", .types = t_str, .privacy = secrecy::secret, .size = size_rule::password};

inline constexpr auto session_new = std::to_array<param>({
    {"ip_address", t_str, need::required, secrecy::personal},
    {"user_agent", t_str, need::required, secrecy::personal, "client_header", size_rule::long_text},
    {"user_id", t_int | t_null, need::required_nullable, secrecy::personal},
    {"expires", t_int | t_str},
    {"extra_info_json", t_dict | t_null, need::required_nullable, secrecy::secret},
});
inline constexpr auto one_token = std::to_array<param>({token});
inline constexpr auto session_delete_userid = std::to_array<param>({
    {"session_token", t_str | t_null, need::required_nullable, secrecy::personal},
    user_id,
    {"keep_current_session", t_bool},
});
inline constexpr auto session_setinfo = std::to_array<param>({
    token,
    {"extra_info", t_dict, need::required, secrecy::secret, "extra_info_json"},
});
inline constexpr auto internal_session_edit = std::to_array<param>({
    {"target_session_token", t_str, need::required, secrecy::personal},
    {"update_dict", t_dict, need::required, secrecy::secret},
});
inline constexpr auto user_login = std::to_array<param>({token, email, password});
inline constexpr auto user_logout = std::to_array<param>({token, user_id});
inline constexpr auto user_passcheck = std::to_array<param>({token, password});
inline constexpr auto user_passcheck_nosession = std::to_array<param>({email, password});
inline constexpr auto user_new = std::to_array<param>({
    {"full_name", t_str, need::required, secrecy::personal},
    email,
    password,
    {"extra_info", t_dict | t_null, need::optional, secrecy::secret},
    {"verify_retry_wait", t_int | t_null, need::optional},
    {.name = "system_id",
     .types = t_str | t_null,
     .needed = need::optional,
     .privacy = secrecy::personal,
     .max_chars = 256},
});
inline constexpr param current_password{
    .name = "current_password", .types = t_str, .privacy = secrecy::secret, .size = size_rule::password};
inline constexpr param new_password{
    .name = "new_password", .types = t_str, .privacy = secrecy::secret, .size = size_rule::password};
inline constexpr param similar_name{"full_name", t_str | t_null, need::optional, secrecy::personal};
inline constexpr auto user_changepass = std::to_array<param>({
    user_id,
    {"session_token", t_str | t_null, need::optional, secrecy::personal},
    similar_name,
    email,
    current_password,
    new_password,
});
inline constexpr auto user_changepass_nosession =
    std::to_array<param>({user_id, similar_name, email, current_password, new_password});
inline constexpr auto user_delete = std::to_array<param>({email, user_id, password});
inline constexpr auto user_list = std::to_array<param>({
    {"user_id", t_int | t_null, need::required_nullable, secrecy::personal},
    {.name = "limit", .types = t_int | t_null, .needed = need::optional, .min = 1, .max = 10000},
    {.name = "after", .types = t_int | t_null, .needed = need::optional},
});
inline constexpr auto one_email = std::to_array<param>({email});
inline constexpr auto user_validatepass = std::to_array<param>({
    password,
    email,
    {"full_name", t_str, need::required, secrecy::personal},
    {"min_pass_length", t_int, need::optional},
    {"max_unsafe_similarity", t_int, need::optional},
    {.name = "max_character_frequency", .types = t_float, .needed = need::optional, .also = "max_char_frequency"},
    {"min_pwned_matches", t_int, need::optional},
});

inline constexpr param user_role{"user_role", t_str};
inline constexpr param target_userid{"target_userid", t_int, need::required, secrecy::personal};
inline constexpr param update_dict{"update_dict", t_dict, need::required, secrecy::secret};
inline constexpr param lock_action{"action", t_str};
inline constexpr auto user_lookup_match = std::to_array<param>({
    {"by", t_str},
    {"match", t_any, need::required, secrecy::secret},
});
inline constexpr auto user_edit = std::to_array<param>({user_id, user_role, token, target_userid, update_dict});
inline constexpr auto internal_user_edit = std::to_array<param>({target_userid, update_dict});
/// What an update_dict may hold. Other keys are for the decision to refuse.
inline constexpr param new_name{"full_name", t_str, need::optional, secrecy::personal};
inline constexpr param new_email{"email", t_str, need::optional, secrecy::personal};
inline constexpr param new_active{"is_active", t_bool, need::optional};
inline constexpr param new_role{"user_role", t_str, need::optional};
inline constexpr param new_verified{"email_verified", t_bool, need::optional};
inline constexpr auto user_edit_update =
    std::to_array<param>({new_name, new_email, new_active, new_role, new_verified});
inline constexpr auto internal_user_edit_update = std::to_array<param>({
    new_name,
    new_email,
    new_active,
    new_role,
    new_verified,
    {"extra_info", t_dict | t_null, need::optional, secrecy::secret},
});
inline constexpr auto user_lock = std::to_array<param>({user_id, user_role, token, target_userid, lock_action});
inline constexpr auto internal_user_lock = std::to_array<param>({target_userid, lock_action});
inline constexpr auto internal_user_delete = std::to_array<param>({target_userid});

inline constexpr param email_address{"email_address", t_str, need::required, secrecy::personal};
inline constexpr auto user_resetpass = std::to_array<param>({email_address, new_password, token});
inline constexpr auto user_resetpass_nosession =
    std::to_array<param>({email_address, new_password, {"required_active", t_bool}});
inline constexpr auto user_set_emailsent = std::to_array<param>({email, {"email_type", t_str}});

inline constexpr param server_name{"server_name", t_str};
inline constexpr param server_baseurl{"server_baseurl", t_str};
inline constexpr param verification_token{.name = "verification_token",
                                          .types = t_str,
                                          .privacy = secrecy::secret,
                                          .also = "fernet_verification_token",
                                          .form = text_form::visible_ascii};
inline constexpr param verification_expiry{"verification_expiry", t_int, need::optional};
inline constexpr param smtp_sender{"emailsender", t_str | t_null, need::optional, secrecy::personal, "smtp_sender"};
inline constexpr param smtp_user{"emailuser", t_str | t_null, need::optional, secrecy::personal, "smtp_user"};
inline constexpr param smtp_pass{"emailpass", t_str | t_null, need::optional, secrecy::secret, "smtp_pass"};
inline constexpr param smtp_server{"emailserver", t_str | t_null, need::optional, secrecy::open, "smtp_server"};
inline constexpr param smtp_port{"emailport", t_int | t_null, need::optional, secrecy::open, "smtp_port"};
inline constexpr auto user_sendemail_signup = std::to_array<param>({
    email_address,
    token,
    {"created_info", t_dict, need::required, secrecy::secret},
    server_name,
    server_baseurl,
    {"account_verify_url", t_str, need::optional, secrecy::open, "server_verify_url"},
    verification_token,
    verification_expiry,
    smtp_sender,
    smtp_user,
    smtp_pass,
    smtp_server,
    smtp_port,
});
inline constexpr auto user_sendemail_forgotpass = std::to_array<param>({
    email_address,
    token,
    server_name,
    server_baseurl,
    {"password_forgot_url", t_str, need::optional},
    verification_token,
    verification_expiry,
    smtp_sender,
    smtp_user,
    smtp_pass,
    smtp_server,
    smtp_port,
});

inline constexpr param issuer{"issuer", t_str | t_null, need::optional};
inline constexpr param audience{"audience", t_str};
inline constexpr param subject{"subject", t_str | t_texts};
inline constexpr param apiversion{"apiversion", t_str | t_int};
inline constexpr param not_valid_before{"not_valid_before", t_float};
inline constexpr param ip_address{"ip_address", t_str, need::required, secrecy::personal};
inline constexpr param expires_seconds{"expires_seconds", t_int};
inline constexpr param refresh_expires{"refresh_expires", t_int};
inline constexpr param refresh_nbf{"refresh_nbf", t_float};
inline constexpr param claims{"apikey_dict", t_dict, need::required, secrecy::secret};
inline constexpr auto apikey_new = std::to_array<param>({
    issuer,
    audience,
    subject,
    apiversion,
    {"expires_days", t_int},
    not_valid_before,
    user_id,
    user_role,
    ip_address,
    {"user_agent", t_str, need::required, secrecy::personal, "client_header", size_rule::long_text},
    token,
});
inline constexpr auto apikey_new_nosession = std::to_array<param>({
    issuer,
    audience,
    subject,
    apiversion,
    expires_seconds,
    not_valid_before,
    user_id,
    user_role,
    ip_address,
    refresh_expires,
    refresh_nbf,
});
inline constexpr auto apikey_verify = std::to_array<param>({
    claims,
    {"user_id", t_int, need::optional, secrecy::personal},
    {"user_role", t_str, need::optional},
});
inline constexpr auto apikey_revoke = std::to_array<param>({claims, user_id, user_role});
inline constexpr auto apikey_refresh_nosession = std::to_array<param>({
    claims,
    user_id,
    user_role,
    {"refresh_token", t_str, need::required, secrecy::secret},
    ip_address,
    expires_seconds,
    not_valid_before,
    refresh_expires,
    refresh_nbf,
});

inline constexpr auto user_check_access = std::to_array<param>({
    user_id,
    user_role,
    {"action", t_str},
    {"target_name", t_str},
    {"target_owner", t_int, need::required, secrecy::personal},
    {"target_visibility", t_str},
    {"target_sharedwith", t_str, need::required, secrecy::personal},
});
inline constexpr auto user_check_limit = std::to_array<param>({
    user_id,
    user_role,
    {"limit_name", t_str},
    {"value_to_check", t_any},
});

}  // namespace rows

}  // namespace authnz::proto
