/// THE request table: one constexpr row a request. Validation, dispatch, rate
/// limits, what may be logged, the documentation and the clients derive from
/// it. Source: contract, sections 0, 3, 4 and 8.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace authnz::proto {

/// JSON types an item may have; a set is the sum of several.
enum type_set : std::uint8_t {
  t_str = 1,
  t_int = 2,
  t_float = 4,  ///< accepts a whole number too
  t_dict = 8,
  t_list = 16,
  t_bool = 32,
  t_any = 64,  ///< anything but null
  t_null = 128,
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
};

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
  user_validatepass,
  user_set_emailverified,
  count_
};
inline constexpr std::size_t request_count = static_cast<std::size_t>(request::count_);

/// The actor that decides.
enum class target : std::uint8_t { session, user };

enum class effect : std::uint8_t { read, write };

/// How a request's callers are limited: in a class of its own, with an
/// allowance a minute, or by its group (contract, section 4).
struct rate {
  std::uint32_t own = 0;    ///< requests a minute; 0 = the group's
  bool by_address = false;  ///< has a second bucket for the e-mail address
};

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
  std::string_view shard_by;  ///< the item whose value chooses the actor's shard
  std::string_view help;      ///< one sentence
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

}  // namespace rows

inline constexpr auto request_table = std::to_array<request_row>({
    {request::session_new,
     "session-new",
     "",
     target::session,
     effect::write,
     {},
     hashing::no,
     trust::frontend,
     rows::session_new,
     "user_id",
     "Starts a session for a user, anonymous or logged in."},
    {request::session_exists,
     "session-exists",
     "",
     target::session,
     effect::read,
     {},
     hashing::no,
     trust::none,
     rows::one_token,
     "session_token",
     "Tells whether a session is live, and whose it is."},
    {request::session_delete,
     "session-delete",
     "",
     target::session,
     effect::write,
     {},
     hashing::no,
     trust::none,
     rows::one_token,
     "session_token",
     "Ends one session."},
    {request::session_delete_userid,
     "session-delete-userid",
     "",
     target::session,
     effect::write,
     {},
     hashing::no,
     trust::frontend,
     rows::session_delete_userid,
     "user_id",
     "Ends all sessions of a user, or all but the current one."},
    {request::session_setinfo,
     "session-setinfo",
     "",
     target::session,
     effect::write,
     {},
     hashing::no,
     trust::none,
     rows::session_setinfo,
     "session_token",
     "Replaces a session's additional information (2019 form)."},
    {request::internal_session_edit,
     "internal-session-edit",
     "",
     target::session,
     effect::write,
     {},
     hashing::no,
     trust::internal,
     rows::internal_session_edit,
     "target_session_token",
     "Merges into a session's additional information."},
    {request::user_login,
     "user-login",
     "",
     target::user,
     effect::write,
     {.own = 10},
     hashing::checking,
     trust::none,
     rows::user_login,
     "email",
     "Checks an address and a password, and ends the session that asked."},
    {request::user_logout,
     "user-logout",
     "",
     target::session,
     effect::write,
     {.own = 10},
     hashing::no,
     trust::none,
     rows::user_logout,
     "session_token",
     "Ends the session of a user who logs out."},
    {request::user_passcheck,
     "user-passcheck",
     "",
     target::user,
     effect::write,
     {.own = 30},
     hashing::checking,
     trust::none,
     rows::user_passcheck,
     "session_token",
     "Checks the password of a session's user again."},
    {request::user_passcheck_nosession,
     "user-passcheck-nosession",
     "",
     target::user,
     effect::write,
     {.own = 10},
     hashing::checking,
     trust::none,
     rows::user_passcheck_nosession,
     "email",
     "Checks an address and a password without a session."},
    {request::user_new,
     "user-new",
     "",
     target::user,
     effect::write,
     {.own = 5},
     hashing::once_accepted,
     trust::none,
     rows::user_new,
     "email",
     "Signs up a new user, or renews a sign-up that was never verified."},
    {request::user_changepass,
     "user-changepass",
     "",
     target::user,
     effect::write,
     {.own = 5},
     hashing::checking,
     trust::none,
     rows::user_changepass,
     "email",
     "Changes a password and ends the user's other sessions."},
    {request::user_changepass_nosession,
     "user-changepass-nosession",
     "",
     target::user,
     effect::write,
     {.own = 5},
     hashing::checking,
     trust::none,
     rows::user_changepass_nosession,
     "email",
     "Changes a password and ends all of the user's sessions."},
    {request::user_delete,
     "user-delete",
     "",
     target::user,
     effect::write,
     {.own = 10},
     hashing::checking,
     trust::none,
     rows::user_delete,
     "email",
     "Deletes an account, with everything that belongs to it."},
    {request::user_list,
     "user-list",
     "",
     target::user,
     effect::read,
     {},
     hashing::no,
     trust::frontend,
     rows::user_list,
     "",
     "Lists users by ascending id."},
    {request::user_lookup_email,
     "user-lookup-email",
     "",
     target::user,
     effect::read,
     {.by_address = true},
     hashing::no,
     trust::frontend,
     rows::one_email,
     "email",
     "Looks up a user by e-mail address."},
    {request::user_validatepass,
     "user-validatepass",
     "",
     target::user,
     effect::read,
     {},
     hashing::no,
     trust::none,
     rows::user_validatepass,
     "email",
     "Judges a password by the password policy."},
    {request::user_set_emailverified,
     "user-set-emailverified",
     "user-verify-email",
     target::user,
     effect::write,
     {.by_address = true},
     hashing::no,
     trust::frontend,
     rows::one_email,
     "email",
     "Records that a user proved an e-mail address."},
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
