#include "actors/decisions/apikeys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "actors/client_address.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/rules/permissions.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

using proto::json;
using proto::object_text;

namespace {

bool same_moment(const json& a, const json& b) {
  if (!a.is_string() || !b.is_string()) return false;
  const auto at = proto::parse_time(a.get_ref<const std::string&>());
  return at && at == proto::parse_time(b.get_ref<const std::string&>());
}

bool same_address(const json& a, const json& b) {
  if (!a.is_string() || !b.is_string()) return false;
  const auto canonical = [](const std::string& text) { return canonical_ip(text).value_or(text); };
  return canonical(a.get_ref<const std::string&>()) == canonical(b.get_ref<const std::string&>());
}

// A float is no int, though the library finds 1 and 1.0 equal.
bool same_value(const json& a, const json& b) { return a.is_number_float() == b.is_number_float() && a == b; }

struct claim {
  const char* name;
  bool (*same)(const json& stored, const json& presented) = same_value;
};
constexpr auto compared_claims = std::to_array<claim>({{"iss"},
                                                       {"ver"},
                                                       {"uid"},
                                                       {"rol"},
                                                       {"usa"},
                                                       {"clt"},
                                                       {"aud"},
                                                       {"sub"},
                                                       {"ipa", same_address},
                                                       {"iat", same_moment},
                                                       {"nbf", same_moment},
                                                       {"exp", same_moment}});

const json* find_claim(const json& claims, const char* name) {
  const auto at = claims.find(name);
  return at == claims.end() ? nullptr : &*at;
}

const json* find_presented(const json& claims, const char* name) {
  const json* found = find_claim(claims, name);
  return found == nullptr && std::string_view(name) == "usa" ? find_claim(claims, "clt") : found;
}

bool match(const std::string& stored_text, const json& presented) {
  const json stored = json::parse(stored_text, nullptr, false);
  if (!stored.is_object()) return false;
  return std::ranges::all_of(compared_claims, [&](const claim& c) {
    const json* kept = find_claim(stored, c.name);
    if (kept == nullptr) return true;
    const json* given = find_presented(presented, c.name);
    return given != nullptr && c.same(*kept, *given);
  });
}

bool ended_with_session(const storage::view& store, const standing_apikey& k) {
  return k.key.epoch != k.owner.session_apikey_epoch || !session_of_key(store, k.key.session);
}

struct claim_texts {
  std::string stored;
  std::string issued;
};

claim_texts write_claims(const std::string& first, std::string_view token, const apikey_times& times) {
  const std::string last =
      object_text().time("iat", times.issued).time("nbf", times.not_before).time("exp", times.expires).members();
  const std::string tkn = object_text().text("tkn", token).members();
  return {.stored = "{" + first + "," + last + "}", .issued = "{" + first + "," + tkn + "," + last + "}"};
}

}  // namespace

std::optional<standing_apikey> find_standing(const storage::view& store, std::string_view token, apikey_kind kind) {
  const auto key = proto::token_key(token);
  if (!key) return std::nullopt;
  const auto record = storage::find_apikey(store, *key);
  if (!record || record->refreshed_by.has_value() != (kind == apikey_kind::without_session)) return std::nullopt;
  const auto owner = storage::find_user(store, record->user_id);
  if (!owner) return std::nullopt;
  standing_apikey found{*record, *owner, std::nullopt};
  if (kind == apikey_kind::of_session)
    return ended_with_session(store, found) ? std::nullopt : std::optional(std::move(found));
  found.family = storage::find_family(store, record->refreshed_by->family);
  if (!found.family || record->epoch != owner->apikey_epoch) return std::nullopt;
  return found;
}

std::optional<standing_apikey> check_claims(const storage::view& store, const json& claims, apikey_kind kind) {
  const std::string* token = text_claim(claims, "tkn");
  if (token == nullptr) return std::nullopt;
  auto found = find_standing(store, *token, kind);
  if (found && !match(found->key.claims, claims)) return std::nullopt;
  return found;
}

bool is_used_up(const storage::apikey& key) { return key.refreshed_by && key.refreshed_by->used; }

bool is_in_time(const storage::apikey& key, proto::timestamp now) { return key.not_before <= now && now < key.expires; }

bool has_good_owner(const standing_apikey& found) {
  return found.owner.in_good_standing() && found.owner.role == found.key.role;
}

bool may_handle_apikeys(const context& c, std::int64_t caller, std::string_view role, std::string_view action,
                        std::int64_t owner) {
  return stands_in_role(c.store, caller, role) && rules::is_allowed(*c.config.permissions, {.user_id = caller,
                                                                                            .role = role,
                                                                                            .action = action,
                                                                                            .item = "apikey",
                                                                                            .owner = owner,
                                                                                            .visibility = "private"});
}

std::optional<std::int64_t> integer_claim(const json& claims, const char* name) {
  const json* found = find_claim(claims, name);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return found->get<std::int64_t>();
}

const std::string* text_claim(const json& claims, const char* name) {
  const json* found = find_claim(claims, name);
  return found == nullptr ? nullptr : found->get_ptr<const std::string*>();
}

audit_note apikey_note(const proto::call& request, std::string_view event) {
  const auto text_of = [](std::optional<std::int64_t> id) { return id ? std::to_string(*id) : std::string(); };
  const auto owner = integer_claim(*request.find("apikey_dict"), "uid");
  const auto caller = request.maybe_integer("user_id");
  return {event, text_of(caller ? caller : owner), text_of(owner)};
}

std::string refresh_token_hash(std::string_view token) {
  const auto digest = proto::sha256(token);
  return {digest.begin(), digest.end()};
}

std::optional<proto::timestamp> add_fraction(proto::timestamp t, double seconds) {
  constexpr double most = 1e12;  // beyond all writable times, and within 64 bits of microseconds
  if (!(std::abs(seconds) < most)) return std::nullopt;
  const proto::timestamp sum = t + std::chrono::microseconds(std::llround(seconds * 1e6));
  return proto::is_writable(sum) ? std::optional(sum) : std::nullopt;
}

std::optional<asked_times> times_without_session(const context& c) {
  const auto expires = proto::add_seconds(c.now, c.request.integer("expires_seconds"));
  const auto not_before = add_fraction(c.now, *c.request.maybe_number("not_valid_before"));
  const auto token_expires = proto::add_seconds(c.now, c.request.integer("refresh_expires"));
  const auto token_not_before = add_fraction(c.now, *c.request.maybe_number("refresh_nbf"));
  if (!expires || !not_before || !token_expires || !token_not_before) return std::nullopt;
  return asked_times{{c.now, *not_before, *expires}, {*token_not_before, *token_expires}};
}

issued_apikey issue_apikey(const context& c, std::int64_t user_id, std::string_view role,
                           const std::string& first_claims, const apikey_times& times) {
  const std::string token = proto::make_token(c.random.nanoseconds, c.random.bytes);
  claim_texts claims = write_claims(first_claims, token, times);
  issued_apikey out;
  out.key.key = *proto::token_key(token);
  out.key.user_id = user_id;
  out.key.role = role;
  out.key.claims = std::move(claims.stored);
  out.key.not_before = times.not_before;
  out.key.expires = times.expires;
  out.fields = object_text().text("apikey", claims.issued).time("expires", times.expires).members();
  return out;
}

issued_apikey issue_with_refresh_token(const context& c, const storage::user& owner, std::string_view role,
                                       const std::string& first_claims, const asked_times& times, std::string family) {
  issued_apikey out = issue_apikey(c, owner.id, role, first_claims, times.key);
  const std::string token = proto::make_token(c.random.nanoseconds, c.random.more_bytes);
  out.key.epoch = owner.apikey_epoch;
  out.key.refreshed_by = storage::refresh{.family = family.empty() ? out.key.key : std::move(family),
                                          .token_hash = refresh_token_hash(token),
                                          .not_before = times.token.not_before,
                                          .expires = times.token.expires};
  out.fields +=
      ',' + object_text().text("refresh_token", token).time("refresh_token_expires", times.token.expires).members();
  return out;
}

std::string no_apikey_with_refresh_token() {
  return object_text().null("apikey").null("expires").null("refresh_token").null("refresh_token_expires").members();
}

}  // namespace authnz::actors
