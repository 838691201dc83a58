#include <gtest/gtest.h>

#include "apikey_desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

TEST(apikey_refresh, exchanges_key_and_token_for_new_ones) {
  apikey_desk d;
  const auto old = d.new_key_nosession({{"issuer", "somebody"}, {"apiversion", "v2"}, {"subject", {"read", "write"}}});
  d.now += 5s;
  const auto done = d.refresh(old, {{"expires_seconds", 60}, {"not_valid_before", 1}, {"refresh_expires", 120}});
  const auto made = apikey_desk::issued_by(done);
  EXPECT_EQ(done.field("apikey"),
            R"({"iss":"somebody","ver":"v2","uid":4,"rol":"authenticated","aud":"api.example.org",)"
            R"("sub":["read","write"],"ipa":"192.0.2.9","tkn":")" +
                made.claims["tkn"].get<std::string>() +
                R"(","iat":"2027-01-15T08:00:05","nbf":"2027-01-15T08:00:06","exp":"2027-01-15T08:01:05"})");
  EXPECT_EQ(done.field("expires"), "2027-01-15T08:01:05");
  EXPECT_EQ(done.field("refresh_token_expires"), "2027-01-15T08:02:05");
  EXPECT_EQ(done.answer["message_codes"], json({"apikey-created"}));
  d.now += 1s;
  EXPECT_EQ(d.verdict_nosession_on(made.claims), "ok");
  EXPECT_EQ(d.verdict_nosession_on(old.claims), "apikey-invalid");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke-nosession", old.claims).reason(), "apikey-not-found");
  EXPECT_EQ(d.refresh(made).reason(), "ok");
}

TEST(apikey_refresh, is_audited) {
  apikey_desk d;
  const auto done = d.ask("apikey-refresh-nosession",
                          d.body_of_refresh(d.new_key_nosession(), {{"user_id", 1}, {"user_role", "superuser"}}));
  ASSERT_EQ(done.audit.size(), 1U);
  EXPECT_EQ(done.audit[0].event, "apikey.refreshed");
  EXPECT_EQ(done.audit[0].actor, "1");
  EXPECT_EQ(done.audit[0].target, std::to_string(d.ada));
}

TEST(apikey_refresh, does_not_need_the_key_to_be_valid_still) {
  apikey_desk d;
  EXPECT_EQ(d.refresh(d.new_key_nosession({{"expires_seconds", 0}})).reason(), "ok");
  EXPECT_EQ(d.refresh(d.new_key_nosession({{"not_valid_before", 500}})).reason(), "ok");
}

TEST(apikey_refresh, leaves_nothing_at_rest_that_opens_anything) {
  apikey_desk d;
  const auto made = apikey_desk::issued_by(d.refresh(d.new_key_nosession()));
  ASSERT_TRUE(d.is_at_rest("192.0.2.9"));
  EXPECT_FALSE(d.is_at_rest(made.claims["tkn"].get<std::string>()));
  EXPECT_FALSE(d.is_at_rest(made.refresh_token));
}

TEST(apikey_refresh, refuses_what_is_no_address) {
  apikey_desk d;
  const auto refused = d.refresh({json::object(), "x"}, {{"ip_address", "no address"}});
  EXPECT_EQ(refused.reason(), "ip-address-invalid");
  EXPECT_EQ(refused.answer["message_codes"], json({"ip-address-invalid"}));
  for (const char* field : {"apikey", "expires", "refresh_token", "refresh_token_expires"})
    EXPECT_EQ(refused.field(field), nullptr) << field;
}

TEST(apikey_refresh, compares_every_claim) {
  apikey_desk d;
  const auto old = d.new_key_nosession({{"not_valid_before", -1}});
  expect_every_claim_counts(old.claims, [&](const json& claims) {
    return d.refresh({claims, old.refresh_token}).reason();
  });
  EXPECT_EQ(d.refresh(old).reason(), "ok") << "refused attempts use nothing up";
}

TEST(apikey_refresh, needs_the_token_of_that_key) {
  apikey_desk d;
  const auto one = d.new_key_nosession();
  const auto other = d.new_key_nosession();
  for (const std::string& token : {other.refresh_token, one.claims["tkn"].get<std::string>(), one.refresh_token + "A",
                                   one.refresh_token.substr(1), std::string()}) {
    const auto refused = d.refresh({one.claims, token});
    EXPECT_EQ(refused.reason(), "refresh-token-invalid");
    EXPECT_EQ(refused.answer["message_codes"], json({"apikey-invalid"}));
  }
  EXPECT_EQ(d.refresh(one).reason(), "ok");
}

TEST(apikey_refresh, needs_the_token_in_its_time) {
  apikey_desk d;
  const auto old = d.new_key_nosession({{"refresh_nbf", 10}, {"refresh_expires", 20}});
  const auto start = d.now;
  const auto expect_refused = [&] {
    const auto refused = d.refresh(old);
    EXPECT_EQ(refused.reason(), "refresh-token-invalid");
    EXPECT_EQ(refused.answer["message_codes"], json({"apikey-invalid"}));
  };
  d.now = start + 10s - 1us;
  expect_refused();
  d.now = start + 20s;
  expect_refused();
  d.now = start + 10s;
  EXPECT_EQ(d.refresh(old).reason(), "ok");
}

TEST(apikey_refresh, needs_a_good_owner) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  const json as_root = {{"user_id", 1}, {"user_role", "superuser"}};
  d.edit(d.ada, [](storage::user& u) { u.admin_locked = true; });
  EXPECT_EQ(d.refresh(old, as_root).reason(), "apikey-invalid");
  d.edit(d.ada, [](storage::user& u) { u.admin_locked = false; });
  EXPECT_EQ(d.refresh(old, as_root).reason(), "ok");
}

TEST(apikey_refresh, asks_the_policy_for_the_caller) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  const auto other = d.add_user("other@example.org");
  const auto refused = d.refresh(old, {{"user_id", other}});
  EXPECT_EQ(refused.reason(), "not-allowed");
  EXPECT_EQ(refused.answer["message_codes"], json({"apikey-invalid"}));
  EXPECT_EQ(d.refresh(old, {{"user_role", "superuser"}}).reason(), "not-allowed");
}

TEST(apikey_refresh, needs_both_actions_of_the_policy) {
  for (const std::string action : {"create", "delete"}) {
    apikey_desk d;
    const auto old = d.new_key_nosession();
    json policy = json::parse(rules::default_permissions_text());
    auto& allowed = policy["role_policy"]["authenticated"]["allowed_actions_for_owned"];
    allowed.erase(std::ranges::find(allowed, json(action)));
    auto changed = *d.config;
    changed.permissions = std::make_shared<const rules::permissions>(*rules::permissions::parse(policy.dump()));
    d.config = std::make_shared<const settings>(changed);
    EXPECT_EQ(d.refresh(old).reason(), "not-allowed") << action;
  }
}

TEST(apikey_refresh, refuses_times_that_cannot_be_written) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  for (const char* item : {"expires_seconds", "refresh_expires", "not_valid_before", "refresh_nbf"}) {
    const auto refused = d.refresh(old, {{item, 1'000'000'000'000}});
    EXPECT_EQ(refused.reason(), "expires-invalid") << item;
    EXPECT_EQ(refused.answer["message_codes"], json({"expires-invalid"}));
  }
  EXPECT_EQ(d.refresh(old).reason(), "ok");
}

TEST(apikey_refresh, checks_in_order) {
  apikey_desk d;
  const auto other = d.add_user("other@example.org");
  const auto early = d.new_key_nosession({{"refresh_nbf", 60}});
  json all_wrong = {{"user_id", other}, {"expires_seconds", 1'000'000'000'000}};
  d.edit(d.ada, [](storage::user& u) { u.active = false; });
  EXPECT_EQ(d.refresh({json::object(), "x"}, all_wrong).reason(), "apikey-invalid");
  EXPECT_EQ(d.refresh({early.claims, "x"}, all_wrong).reason(), "refresh-token-invalid");
  EXPECT_EQ(d.refresh(early, all_wrong).reason(), "refresh-token-invalid");
  d.now += 60s;
  EXPECT_EQ(d.refresh(early, all_wrong).reason(), "apikey-invalid");
  d.edit(d.ada, [](storage::user& u) { u.active = true; });
  EXPECT_EQ(d.refresh(early, all_wrong).reason(), "not-allowed");
  all_wrong.erase("user_id");
  EXPECT_EQ(d.refresh(early, all_wrong).reason(), "expires-invalid");
}

TEST(apikey_refresh, revokes_the_family_when_a_token_is_used_again) {
  apikey_desk d;
  const auto first = d.new_key_nosession();
  const auto second = apikey_desk::issued_by(d.refresh(first));
  const auto third = apikey_desk::issued_by(d.refresh(second));
  const auto other_family = d.new_key_nosession();
  ASSERT_EQ(d.verdict_nosession_on(third.claims), "ok");

  const auto reused = d.refresh(first);
  EXPECT_EQ(reused.reason(), "refresh-token-reused");
  EXPECT_EQ(reused.answer["message_codes"], json({"apikey-invalid"}));
  EXPECT_EQ(reused.field("refresh_token"), nullptr);
  ASSERT_EQ(reused.audit.size(), 2U);
  EXPECT_EQ(reused.audit[0].event, "apikey.refreshed");
  EXPECT_EQ(reused.audit[1].event, "apikey.family-revoked");
  EXPECT_TRUE(reused.audit[1].always_ok);

  EXPECT_EQ(d.verdict_nosession_on(third.claims), "apikey-invalid");
  EXPECT_EQ(d.refresh(third).reason(), "apikey-invalid");
  EXPECT_EQ(d.refresh(first).reason(), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(other_family.claims), "ok");
}

TEST(apikey_refresh, sees_a_reuse_whatever_else_is_wrong) {
  apikey_desk d;
  const auto old = d.new_key_nosession({{"refresh_expires", 60}});
  ASSERT_EQ(d.refresh(old).reason(), "ok");
  d.now += 60s;
  d.edit(d.ada, [](storage::user& u) { u.admin_locked = true; });
  EXPECT_EQ(d.refresh(old, {{"user_id", 999}, {"expires_seconds", 1'000'000'000'000}}).reason(),
            "refresh-token-reused");
}

TEST(apikey_refresh, is_no_reuse_without_the_token) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  const auto made = apikey_desk::issued_by(d.refresh(old));
  EXPECT_EQ(d.refresh({old.claims, made.refresh_token}).reason(), "refresh-token-invalid");
  EXPECT_EQ(d.verdict_nosession_on(made.claims), "ok");
}

TEST(apikey_refresh, has_one_winner_of_two_at_once) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  const auto body = d.body_of_refresh(old);
  const auto winner = d.decide_only("apikey-refresh-nosession", body);
  const auto loser = d.decide_only("apikey-refresh-nosession", body);
  ASSERT_TRUE(winner.answer.ok());
  ASSERT_TRUE(loser.answer.ok());
  EXPECT_EQ(d.store.commit(winner.tx), storage::commit_result::applied);
  EXPECT_EQ(d.store.commit(loser.tx), storage::commit_result::conflict);
  EXPECT_EQ(d.ask("apikey-refresh-nosession", body).reason(), "refresh-token-reused");
}

TEST(apikey_refresh, is_not_overtaken_by_itself_when_the_family_goes) {
  apikey_desk d;
  const auto first = d.new_key_nosession();
  const auto second = apikey_desk::issued_by(d.refresh(first));
  const auto late = d.decide_only("apikey-refresh-nosession", d.body_of_refresh(second));
  ASSERT_EQ(d.refresh(first).reason(), "refresh-token-reused");
  EXPECT_EQ(d.store.commit(late.tx), storage::commit_result::conflict);
}

TEST(apikey_refresh, conflicts_with_a_revocation_of_the_same_key) {
  apikey_desk d;
  const auto key = d.new_key_nosession();
  const auto late = d.decide_only("apikey-refresh-nosession", d.body_of_refresh(key));
  ASSERT_EQ(d.ask_as_ada("apikey-revoke-nosession", key.claims).reason(), "ok");
  EXPECT_EQ(d.store.commit(late.tx), storage::commit_result::conflict);
}

}  // namespace
}  // namespace authnz::actors::test
