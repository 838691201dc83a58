/// What the requests about API keys share: claims, which keys still stand, and
/// who may do what with them (contract, sections 8.6 and 8.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/step.hpp"
#include "proto/json_text.hpp"
#include "storage/apikey_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

enum class apikey_kind : std::uint8_t { of_session, without_session };

/// A key that was neither revoked nor ended with its session or its user, and
/// that user. It may be used up or out of its time, its owner locked.
struct standing_apikey {
  storage::apikey key;
  storage::user owner;
  std::optional<storage::apikey_family> family;  ///< there, exactly when the key is without a session
};

/// By the claim `tkn`. A key of the other kind is not found.
std::optional<standing_apikey> find_standing(const storage::view& store, std::string_view token, apikey_kind kind);
/// The same, if every claim that is stored is presented with an equal value:
/// the contract's claims check. Claims may be absent or of any type.
std::optional<standing_apikey> check_claims(const storage::view& store, const proto::json& claims, apikey_kind kind);

/// Exchanged for a new one.
bool is_used_up(const storage::apikey& key);
/// nbf <= now < exp.
bool is_in_time(const storage::apikey& key, proto::timestamp now);
/// The contract's owner check.
bool has_good_owner(const standing_apikey& found);
/// The contract's caller check, for one action.
bool may_handle_apikeys(const context& c, std::int64_t caller, std::string_view role, std::string_view action,
                        std::int64_t owner);

/// A claim as it was presented; nothing if it is absent or of another type.
std::optional<std::int64_t> integer_claim(const proto::json& claims, const char* name);
const std::string* text_claim(const proto::json& claims, const char* name);

/// Who asks and whose key it is said to be, for the audit.
audit_note apikey_note(const proto::call& request, std::string_view event);

/// What a refresh token is stored as.
std::string refresh_token_hash(std::string_view token);

/// `t` + `seconds`, to the microsecond; nothing when that cannot be written.
std::optional<proto::timestamp> add_fraction(proto::timestamp t, double seconds);

struct apikey_times {
  proto::timestamp issued;
  proto::timestamp not_before;
  proto::timestamp expires;
};
struct refresh_times {
  proto::timestamp not_before;
  proto::timestamp expires;
};

/// Key and refresh token times that a request for a key without a session
/// asks for; nothing when one cannot be written.
struct asked_times {
  apikey_times key;
  refresh_times token;
};
std::optional<asked_times> times_without_session(const context& c);

/// A new key, and what the answer tells of it.
struct issued_apikey {
  storage::apikey key;
  std::string fields;  ///< members of `response`
};

/// `first_claims` are the members before `tkn`, as JSON text without braces.
/// The key is tied to nothing yet, and of no epoch.
issued_apikey issue_apikey(const context& c, std::int64_t user_id, std::string_view role,
                           const std::string& first_claims, const apikey_times& times);
/// The same for a key without a session, with a refresh token. An empty
/// `family` = it is the first of a new one.
issued_apikey issue_with_refresh_token(const context& c, const storage::user& owner, std::string_view role,
                                       const std::string& first_claims, const asked_times& times, std::string family);

/// The fields of `issue_with_refresh_token` when there is no key.
std::string no_apikey_with_refresh_token();

}  // namespace authnz::actors
