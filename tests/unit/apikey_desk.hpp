/// A desk with one user, who asks for API keys of both kinds.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "desk.hpp"
#include "proto/token.hpp"
#include "storage/apikey_store.hpp"

namespace authnz::actors::test {

struct issued {
  json claims;
  std::string refresh_token;  ///< empty for a key that is tied to a session
};

class apikey_desk : public desk {
 public:
  json body_of_new(const json& changes = {}) const {
    return merged({{"audience", "api.example.org"},
                   {"subject", "everything"},
                   {"apiversion", 1},
                   {"expires_days", 7},
                   {"not_valid_before", 0},
                   {"user_id", ada},
                   {"user_role", "authenticated"},
                   {"ip_address", "192.0.2.1"},
                   {"user_agent", "test"},
                   {"session_token", session}},
                  changes);
  }
  outcome ask_new(const json& changes = {}) { return ask("apikey-new", body_of_new(changes)); }

  json body_of_new_nosession(const json& changes = {}) const {
    return merged({{"audience", "api.example.org"},
                   {"subject", "everything"},
                   {"apiversion", 1},
                   {"expires_seconds", 600},
                   {"not_valid_before", 0},
                   {"user_id", ada},
                   {"user_role", "authenticated"},
                   {"ip_address", "192.0.2.1"},
                   {"refresh_expires", 3600},
                   {"refresh_nbf", 0}},
                  changes);
  }
  outcome ask_new_nosession(const json& changes = {}) {
    return ask("apikey-new-nosession", body_of_new_nosession(changes));
  }

  json new_key(const json& changes = {}) { return claims_of(ask_new(changes)); }
  issued new_key_nosession(const json& changes = {}) { return issued_by(ask_new_nosession(changes)); }

  json body_of_refresh(const issued& old, const json& changes = {}) const {
    return merged({{"apikey_dict", old.claims},
                   {"user_id", ada},
                   {"user_role", "authenticated"},
                   {"refresh_token", old.refresh_token},
                   {"ip_address", "192.0.2.9"},
                   {"expires_seconds", 600},
                   {"not_valid_before", 0},
                   {"refresh_expires", 3600},
                   {"refresh_nbf", 0}},
                  changes);
  }
  outcome refresh(const issued& old, const json& changes = {}) {
    return ask("apikey-refresh-nosession", body_of_refresh(old, changes));
  }

  /// In the form of 2019: without saying who asks.
  std::string verdict_on(const json& claims) { return ask("apikey-verify", {{"apikey_dict", claims}}).reason(); }
  std::string verdict_nosession_on(const json& claims) {
    return ask("apikey-verify-nosession", {{"apikey_dict", claims}}).reason();
  }
  outcome ask_as_ada(std::string_view request, const json& claims) {
    return ask(request, {{"apikey_dict", claims}, {"user_id", ada}, {"user_role", "authenticated"}});
  }
  outcome ask_as_root(std::string_view request, const json& claims) {
    return ask(request, {{"apikey_dict", claims}, {"user_id", 1}, {"user_role", "superuser"}});
  }

  /// Decides on the state as it is and leaves the commit to the caller.
  finish decide_only(std::string_view request, json body) {
    proto::call call;
    EXPECT_EQ(call.bind(*proto::find_request(request), std::move(body), config->limits), "");
    const facts nothing;
    chance random;
    random.nanoseconds = ++nanoseconds;
    random.bytes.fill(static_cast<unsigned char>(nanoseconds));
    random.more_bytes.fill(static_cast<unsigned char>(nanoseconds + 128));
    const auto view = store.read();
    return std::get<finish>(decide({*view, call, *config, nothing, random, ids, now, now}));
  }

  /// Changes what is stored of a key's claims behind the server's back.
  void store_claims(const json& claims, const std::string& text) {
    const auto before = *storage::find_apikey(*store.read(), *proto::token_key(claims["tkn"].get<std::string>()));
    auto after = before;
    after.claims = text;
    storage::mini_transaction tx;
    storage::replace_apikey(tx, before, after);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
  }

  /// Whether any record holds these bytes.
  bool is_at_rest(std::string_view bytes) {
    int found = 0;
    const auto view = store.read();
    for (std::size_t s = 0; s < storage::slice_count; ++s)
      view->scan(static_cast<storage::slice>(s), {}, [&](std::string_view key, const storage::record& r) {
        found += key.find(bytes) != std::string_view::npos || r.value.find(bytes) != std::string_view::npos ? 1 : 0;
        return true;
      });
    return found > 0;
  }

  static json claims_of(const outcome& o) { return json::parse(o.field("apikey").get<std::string>()); }
  static issued issued_by(const outcome& o) { return {claims_of(o), o.field("refresh_token")}; }
  static json merged(json body, const json& changes) {
    if (!changes.is_null()) body.update(changes);
    return body;
  }

  const std::int64_t ada = add_user("ada@example.org");
  const std::string session = new_session(ada);
};

/// Does to a key's claims, one after the other, what must make it invalid.
template <class Verdict>
void expect_every_claim_counts(const json& claims, Verdict&& verdict_on) {
  for (const auto& [name, value] : claims.items()) {
    json missing = claims;
    missing.erase(name);
    EXPECT_EQ(verdict_on(missing), "apikey-invalid") << name;
    for (const json& wrong : {json("2001-01-01T00:00:00"), json("x"), json(""), json(999), json(1.0), json(true),
                              json(nullptr), json({value}), json({{"a", value}})}) {
      json changed = claims;
      changed[name] = wrong;
      EXPECT_EQ(verdict_on(changed), "apikey-invalid") << name << " = " << wrong;
    }
  }
}

}  // namespace authnz::actors::test
