/// Every request's decision, by its row. A row without a decision, or a
/// decision without a row, does not compile.
#pragma once

#include <optional>
#include <string>

#include "actors/step.hpp"
#include "proto/requests.hpp"

namespace authnz::actors {

/// What each request has.
template <proto::request>
struct decision;

#define AUTHNZ_DECISION(row)                                                                 \
  template <>                                                                                \
  struct decision<proto::request::row> {                                                     \
    static step decide(const context& c);                                                    \
    /* Members of `response` when the request fails for a reason outside of its decision. */ \
    static std::string fields_on_failure(const proto::call& request);                        \
  };

AUTHNZ_DECISION(session_new)
AUTHNZ_DECISION(session_exists)
AUTHNZ_DECISION(session_delete)
AUTHNZ_DECISION(session_delete_userid)
AUTHNZ_DECISION(session_setinfo)
AUTHNZ_DECISION(internal_session_edit)
AUTHNZ_DECISION(user_login)
AUTHNZ_DECISION(user_logout)
AUTHNZ_DECISION(user_passcheck)
AUTHNZ_DECISION(user_passcheck_nosession)
AUTHNZ_DECISION(user_new)
AUTHNZ_DECISION(user_changepass)
AUTHNZ_DECISION(user_changepass_nosession)
AUTHNZ_DECISION(user_delete)
AUTHNZ_DECISION(user_list)
AUTHNZ_DECISION(user_lookup_email)
AUTHNZ_DECISION(user_lookup_match)
AUTHNZ_DECISION(user_edit)
AUTHNZ_DECISION(user_resetpass)
AUTHNZ_DECISION(user_resetpass_nosession)
AUTHNZ_DECISION(user_lock)
AUTHNZ_DECISION(user_validatepass)
AUTHNZ_DECISION(internal_user_lock)
AUTHNZ_DECISION(internal_user_edit)
AUTHNZ_DECISION(internal_user_delete)
AUTHNZ_DECISION(user_set_emailverified)
AUTHNZ_DECISION(user_set_emailsent)
AUTHNZ_DECISION(user_sendemail_signup)
AUTHNZ_DECISION(user_sendemail_forgotpass)
AUTHNZ_DECISION(apikey_new)
AUTHNZ_DECISION(apikey_verify)
AUTHNZ_DECISION(apikey_revoke)
AUTHNZ_DECISION(apikey_new_nosession)
AUTHNZ_DECISION(apikey_verify_nosession)
AUTHNZ_DECISION(apikey_revoke_nosession)
AUTHNZ_DECISION(apikey_revokeall_nosession)
AUTHNZ_DECISION(apikey_refresh_nosession)
AUTHNZ_DECISION(user_check_access)
AUTHNZ_DECISION(user_check_limit)

#undef AUTHNZ_DECISION

/// By the request's row.
step decide(const context& c);
std::string fields_on_failure(const proto::call& request);

/// The account whose lane a checking request waits in: the normalised address
/// of its body, or of its session's user. Nothing for other requests, for
/// passwords over the length limit and for unknown sessions, which wait in
/// none (contract, sections 5 and 8.2).
std::optional<std::string> account_of(const storage::view& store, const proto::call& request, proto::timestamp now);

}  // namespace authnz::actors
