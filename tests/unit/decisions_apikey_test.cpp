#include <gtest/gtest.h>

#include <limits>

#include "apikey_desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const json not_allowed_code = json({"not-allowed"});
const json invalid_code = json({"apikey-invalid"});

void expect_event(const outcome& o, std::string_view event, const std::string& actor, const std::string& target) {
  ASSERT_EQ(o.audit.size(), 1U);
  EXPECT_EQ(o.audit[0].event, event);
  EXPECT_EQ(o.audit[0].actor, actor);
  EXPECT_EQ(o.audit[0].target, target);
}

TEST(apikey_new, gives_the_claims_in_their_order) {
  apikey_desk d;
  const auto made = d.ask_new({{"not_valid_before", 1.5}});
  const std::string token = apikey_desk::claims_of(made)["tkn"];
  EXPECT_GE(token.size(), 43U);
  EXPECT_EQ(made.field("apikey"),
            R"({"iss":"auth.example.org","ver":1,"uid":4,"rol":"authenticated","usa":"test","aud":"api.example.org",)"
            R"("sub":"everything","ipa":"192.0.2.1","tkn":")" +
                token +
                R"(","iat":"2027-01-15T08:00:00","nbf":"2027-01-15T08:00:01.500000","exp":"2027-01-22T08:00:00"})");
  EXPECT_EQ(made.field("expires"), "2027-01-22T08:00:00");
  EXPECT_EQ(made.answer["message_codes"], json({"apikey-created"}));
  expect_event(made, "apikey.created", "4", "4");
}

TEST(apikey_new, repeats_what_the_frontend_says_of_the_key) {
  apikey_desk d;
  const auto claims = d.new_key({{"issuer", "somebody"}, {"apiversion", "v2"}, {"subject", {"read", "write"}}});
  EXPECT_EQ(claims["iss"], "somebody");
  EXPECT_EQ(claims["ver"], "v2");
  EXPECT_EQ(claims["sub"], json({"read", "write"}));
  EXPECT_EQ(d.verdict_on(claims), "ok");
  EXPECT_EQ(d.new_key({{"issuer", nullptr}})["iss"], "auth.example.org");
}

TEST(apikey_new, shows_the_user_agent_under_its_name_of_2019_too) {
  apikey_desk d;
  json body = d.body_of_new();
  body["client_header"] = body["user_agent"];
  body.erase("user_agent");
  const auto made = d.ask("apikey-new", body);
  EXPECT_NE(made.field("apikey").get<std::string>().find(R"("usa":"test","clt":"test","aud")"), std::string::npos);
  EXPECT_FALSE(d.new_key().contains("clt"));
}

TEST(apikey_new, is_for_users_in_good_standing_with_that_role) {
  apikey_desk d;
  const auto expect_refused = [&](const json& changes) {
    const auto refused = d.ask_new(changes);
    EXPECT_EQ(refused.reason(), "not-allowed");
    EXPECT_EQ(refused.answer["message_codes"], not_allowed_code);
    EXPECT_EQ(refused.field("apikey"), nullptr);
    EXPECT_EQ(refused.field("expires"), nullptr);
    EXPECT_EQ(d.ask_new_nosession(changes).reason(), "not-allowed");
  };
  expect_refused({{"user_role", "staff"}});
  expect_refused({{"user_id", 999}});
  expect_refused({{"user_id", 2}, {"user_role", "anonymous"}, {"session_token", d.new_session()}});
  for (const auto& change :
       {+[](storage::user& u) { u.admin_locked = true; }, +[](storage::user& u) { u.active = false; },
        +[](storage::user& u) { u.verified = false; }}) {
    const auto before = *storage::find_user(*d.store.read(), d.ada);
    d.edit(d.ada, change);
    expect_refused({});
    d.edit(d.ada, [&](storage::user& u) {
      u.admin_locked = before.admin_locked;
      u.active = before.active;
      u.verified = before.verified;
    });
  }
  EXPECT_EQ(d.ask_new().reason(), "ok");
}

TEST(apikey_new, needs_a_live_session) {
  apikey_desk d;
  EXPECT_EQ(d.ask_new({{"session_token", "unknown"}}).reason(), "session-not-found");
  d.now += 24h;
  const auto refused = d.ask_new();
  EXPECT_EQ(refused.reason(), "session-not-found");
  EXPECT_EQ(refused.field("apikey"), nullptr);
  expect_event(refused, "apikey.created", "4", "4");
}

TEST(apikey_new, needs_a_session_that_fits) {
  apikey_desk d;
  const auto other = d.new_session(d.add_user("other@example.org"));
  for (const json& changes :
       {json{{"session_token", d.new_session()}}, json{{"session_token", other}}, json{{"ip_address", "192.0.2.2"}},
        json{{"ip_address", "no address"}}, json{{"user_agent", "Test"}}}) {
    const auto refused = d.ask_new(changes);
    EXPECT_EQ(refused.reason(), "session-mismatch") << changes;
    EXPECT_EQ(refused.answer["message_codes"], json({"session-not-found"}));
  }
  EXPECT_EQ(d.new_key({{"ip_address", "::ffff:192.0.2.1"}})["ipa"], "192.0.2.1");
}

TEST(apikey_new, refuses_times_that_cannot_be_written) {
  apikey_desk d;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  for (const json& days : {json(3'000'000), json(-800'000), json(most), json(least)})
    EXPECT_EQ(d.ask_new({{"expires_days", days}}).reason(), "expires-invalid") << days;
  for (const json& seconds : {json(3e11), json(-7e10), json(1e300), json(-1e300), json(1e12), json(most), json(least)})
    EXPECT_EQ(d.ask_new({{"not_valid_before", seconds}}).reason(), "expires-invalid") << seconds;
  EXPECT_EQ(d.new_key({{"not_valid_before", -0.0000014}})["nbf"], "2027-01-15T07:59:59.999999");
}

TEST(apikey_new, checks_in_order) {
  apikey_desk d;
  json all_wrong = {{"user_role", "staff"}, {"session_token", "unknown"}, {"expires_days", 1'000'000'000}};
  EXPECT_EQ(d.ask_new(all_wrong).reason(), "not-allowed");
  all_wrong.erase("user_role");
  EXPECT_EQ(d.ask_new(all_wrong).reason(), "session-not-found");
  all_wrong["session_token"] = d.new_session();
  EXPECT_EQ(d.ask_new(all_wrong).reason(), "session-mismatch");
  all_wrong.erase("session_token");
  EXPECT_EQ(d.ask_new(all_wrong).reason(), "expires-invalid");
}

TEST(apikey_new, cannot_overtake_a_change_of_its_user) {
  apikey_desk d;
  const auto tied = d.decide_only("apikey-new", d.body_of_new());
  const auto free = d.decide_only("apikey-new-nosession", d.body_of_new_nosession());
  d.edit(d.ada, [](storage::user& u) { u.admin_locked = true; });
  EXPECT_EQ(d.store.commit(tied.tx), storage::commit_result::conflict);
  EXPECT_EQ(d.store.commit(free.tx), storage::commit_result::conflict);
}

TEST(apikey_new, leaves_nothing_at_rest_that_opens_anything) {
  apikey_desk d;
  const std::string tied = d.new_key()["tkn"];
  const auto random_of_tied = std::string(32, static_cast<char>(d.nanoseconds));
  const auto free = d.new_key_nosession();
  ASSERT_TRUE(d.is_at_rest("api.example.org"));
  EXPECT_FALSE(d.is_at_rest(tied));
  EXPECT_FALSE(d.is_at_rest(free.claims["tkn"].get<std::string>()));
  EXPECT_FALSE(d.is_at_rest(free.refresh_token));
  EXPECT_FALSE(d.is_at_rest(random_of_tied));
  EXPECT_FALSE(d.is_at_rest(std::string(32, static_cast<char>(d.nanoseconds))));
  EXPECT_FALSE(d.is_at_rest(std::string(32, static_cast<char>(d.nanoseconds + 128))));
}

TEST(apikey_new_nosession, gives_the_claims_in_their_order_and_a_refresh_token) {
  apikey_desk d;
  const auto made = d.ask_new_nosession({{"ip_address", "2001:DB8::1"}});
  const auto key = apikey_desk::issued_by(made);
  EXPECT_EQ(made.field("apikey"),
            R"({"iss":"auth.example.org","ver":1,"uid":4,"rol":"authenticated","aud":"api.example.org",)"
            R"("sub":"everything","ipa":"2001:db8::1","tkn":")" +
                key.claims["tkn"].get<std::string>() +
                R"(","iat":"2027-01-15T08:00:00","nbf":"2027-01-15T08:00:00","exp":"2027-01-15T08:10:00"})");
  EXPECT_EQ(made.field("expires"), "2027-01-15T08:10:00");
  EXPECT_EQ(made.field("refresh_token_expires"), "2027-01-15T09:00:00");
  EXPECT_GE(key.refresh_token.size(), 43U);
  EXPECT_EQ(made.answer["message_codes"], json({"apikey-created"}));
  expect_event(made, "apikey.created", "4", "4");
}

TEST(apikey_new_nosession, gives_two_tokens_that_do_not_tell_of_each_other) {
  apikey_desk d;
  const auto key = d.new_key_nosession();
  const std::string token = key.claims["tkn"];
  EXPECT_NE(token.substr(11), key.refresh_token.substr(11));  // the first 8 bytes are the time
}

TEST(apikey_new_nosession, refuses_times_and_then_addresses) {
  apikey_desk d;
  for (const char* item : {"expires_seconds", "refresh_expires", "not_valid_before", "refresh_nbf"}) {
    const auto refused = d.ask_new_nosession({{item, 1'000'000'000'000}, {"ip_address", "no address"}});
    EXPECT_EQ(refused.reason(), "expires-invalid") << item;
    for (const char* field : {"apikey", "expires", "refresh_token", "refresh_token_expires"})
      EXPECT_EQ(refused.field(field), nullptr) << field;
  }
  const auto refused = d.ask_new_nosession({{"ip_address", "no address"}});
  EXPECT_EQ(refused.reason(), "ip-address-invalid");
  EXPECT_EQ(refused.answer["message_codes"], json({"ip-address-invalid"}));
}

TEST(apikey_verify, tells_whose_the_key_is) {
  apikey_desk d;
  for (const char* request : {"apikey-verify", "apikey-verify-nosession"}) {
    const bool tied = std::string_view(request) == "apikey-verify";
    const json claims = tied ? d.new_key() : d.new_key_nosession().claims;
    const auto valid = d.ask_as_ada(request, claims);
    EXPECT_EQ(valid.reason(), "ok");
    EXPECT_EQ(valid.field("user_id"), d.ada);
    EXPECT_EQ(valid.field("user_role"), "authenticated");
    EXPECT_EQ(valid.field("expires"), claims["exp"]);
    EXPECT_EQ(valid.answer["message_codes"], json({"apikey-valid"}));
    EXPECT_TRUE(valid.audit.empty());
  }
}

TEST(apikey_verify, takes_the_form_of_2019) {
  apikey_desk d;
  EXPECT_EQ(d.verdict_on(d.new_key()), "ok");
  EXPECT_EQ(d.verdict_nosession_on(d.new_key_nosession().claims), "ok");
}

TEST(apikey_verify, compares_every_claim) {
  apikey_desk d;
  json body = d.body_of_new({{"client_header", "test"}, {"subject", {"read", "write"}}, {"not_valid_before", -60}});
  body.erase("user_agent");
  json claims = apikey_desk::claims_of(d.ask("apikey-new", body));
  ASSERT_EQ(d.verdict_on(claims), "ok");
  claims.erase("usa");  // clt stands in for it
  ASSERT_EQ(d.verdict_on(claims), "ok");
  expect_every_claim_counts(claims, [&](const json& c) { return d.verdict_on(c); });
  const auto free = d.new_key_nosession().claims;
  expect_every_claim_counts(free, [&](const json& c) { return d.verdict_nosession_on(c); });
  const auto tied = d.new_key();
  expect_every_claim_counts(tied, [&](const json& c) { return d.verdict_on(c); });
}

TEST(apikey_verify, takes_equal_values_in_another_form) {
  apikey_desk d;
  const auto claims = d.new_key();
  for (const json& form : {json{{"iat", "2027-01-15T08:00:00Z"}}, json{{"nbf", "2027-01-15T09:00:00.000+01:00"}},
                           json{{"ipa", "::ffff:192.0.2.1"}}, json{{"more", {1, 2, 3}}}, json{{"clt", "whatever"}}})
    EXPECT_EQ(d.verdict_on(apikey_desk::merged(claims, form)), "ok") << form;
  json under_the_other_name = claims;
  under_the_other_name.erase("usa");
  under_the_other_name["clt"] = "test";
  EXPECT_EQ(d.verdict_on(under_the_other_name), "ok");
  under_the_other_name["clt"] = "other";
  EXPECT_EQ(d.verdict_on(under_the_other_name), "apikey-invalid");
}

TEST(apikey_verify, compares_only_what_is_stored) {
  apikey_desk d;
  const auto claims = d.new_key();
  d.store_claims(claims, R"({"uid":4,"rol":"authenticated"})");
  json few = {{"tkn", claims["tkn"]}, {"uid", 4}, {"rol", "authenticated"}};
  EXPECT_EQ(d.verdict_on(few), "ok");
  few["rol"] = "staff";
  EXPECT_EQ(d.verdict_on(few), "apikey-invalid");
}

TEST(apikey_verify, does_not_take_damaged_claims_for_few) {
  apikey_desk d;
  const auto claims = d.new_key();
  for (const char* damaged : {"", "{", "[]", "null"}) {
    d.store_claims(claims, damaged);
    EXPECT_EQ(d.verdict_on(claims), "apikey-invalid") << damaged;
  }
}

TEST(apikey_verify, holds_from_not_before_until_expiry) {
  apikey_desk d;
  const auto claims = d.new_key({{"not_valid_before", 10}});
  const auto start = d.now;
  d.now = start + 10s - 1us;
  EXPECT_EQ(d.verdict_on(claims), "apikey-invalid");
  d.now = start + 10s;
  EXPECT_EQ(d.verdict_on(claims), "ok");
  d.now = start + 24h * 7 - 1us;
  EXPECT_EQ(d.verdict_on(claims), "ok") << "although the session has expired";
  d.now = start + 24h * 7;
  EXPECT_EQ(d.verdict_on(claims), "apikey-invalid");
}

TEST(apikey_verify, never_holds_for_keys_that_expire_at_once) {
  apikey_desk d;
  EXPECT_EQ(d.verdict_on(d.new_key({{"expires_days", 0}})), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(d.new_key({{"expires_days", -3}, {"not_valid_before", -1e6}})), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(d.new_key_nosession({{"expires_seconds", 0}}).claims), "apikey-invalid");
}

TEST(apikey_verify, refuses_keys_of_the_other_kind) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession();
  EXPECT_EQ(d.verdict_nosession_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(free.claims), "apikey-invalid");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke", free.claims).reason(), "apikey-not-found");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke-nosession", tied).reason(), "apikey-not-found");
  EXPECT_EQ(d.ask_as_ada("apikey-revokeall-nosession", tied).reason(), "apikey-invalid");
  EXPECT_EQ(d.refresh({tied, free.refresh_token}).reason(), "apikey-invalid");
}

TEST(apikey_verify, asks_the_policy_for_the_caller) {
  apikey_desk d;
  const auto claims = d.new_key();
  const auto other = d.add_user("other@example.org");
  const auto staff = d.add_user("staff@example.org");
  d.edit(staff, [](storage::user& u) { u.role = "staff"; });
  const auto ask = [&](std::int64_t id, const char* role) {
    return d.ask("apikey-verify", {{"apikey_dict", claims}, {"user_id", id}, {"user_role", role}});
  };
  EXPECT_EQ(d.ask_as_root("apikey-verify", claims).reason(), "ok");
  for (const auto& refused : {ask(other, "authenticated"), ask(staff, "staff"), ask(other, "superuser"),
                              ask(d.ada, "superuser"), ask(999, "superuser"), ask(2, "anonymous")}) {
    EXPECT_EQ(refused.reason(), "not-allowed");
    EXPECT_EQ(refused.answer["message_codes"], invalid_code);
  }
}

TEST(apikey_verify, reads_alike_for_every_refusal) {
  apikey_desk d;
  const auto claims = d.new_key({{"not_valid_before", 60}});
  const auto early = d.ask_as_ada("apikey-verify", claims);
  const auto unknown = d.ask_as_ada("apikey-verify", json::object());
  EXPECT_EQ(early.answer, unknown.answer);
  for (const char* field : {"user_id", "user_role", "expires"}) EXPECT_EQ(early.field(field), nullptr);
  expect_event(early, "apikey.refused", "4", "4");
  expect_event(d.ask_as_root("apikey-verify", apikey_desk::merged(claims, {{"tkn", "x"}})), "apikey.refused", "1", "4");
  EXPECT_EQ(d.ask("apikey-verify", {{"apikey_dict", json::object()}}).audit[0].actor, "");
}

}  // namespace
}  // namespace authnz::actors::test
