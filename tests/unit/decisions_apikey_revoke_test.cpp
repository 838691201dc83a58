#include <gtest/gtest.h>

#include "apikey_desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

TEST(apikey_revoke, ends_a_key) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto other = d.new_key();
  const auto revoked = d.ask_as_ada("apikey-revoke", tied);
  EXPECT_EQ(revoked.reason(), "ok");
  EXPECT_EQ(revoked.answer["message_codes"], json({"apikey-revoked"}));
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(other), "ok");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke", tied).reason(), "apikey-not-found");
  ASSERT_EQ(revoked.audit.size(), 1U);
  EXPECT_EQ(revoked.audit[0].event, "apikey.revoked");
  EXPECT_EQ(revoked.audit[0].actor, std::to_string(d.ada));
  EXPECT_EQ(revoked.audit[0].target, std::to_string(d.ada));
}

TEST(apikey_revoke, ends_a_key_without_a_session_with_its_refresh_token) {
  apikey_desk d;
  const auto free = d.new_key_nosession();
  const auto other = d.new_key_nosession().claims;
  EXPECT_EQ(d.ask_as_ada("apikey-revoke-nosession", free.claims).reason(), "ok");
  EXPECT_EQ(d.verdict_nosession_on(free.claims), "apikey-invalid");
  EXPECT_EQ(d.refresh(free).reason(), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(other), "ok");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke-nosession", free.claims).reason(), "apikey-not-found");
}

TEST(apikey_revoke, ends_the_family_of_a_refreshed_key) {
  apikey_desk d;
  const auto old = d.new_key_nosession();
  const auto made = apikey_desk::issued_by(d.refresh(old));
  ASSERT_EQ(d.ask_as_ada("apikey-revoke-nosession", made.claims).reason(), "ok");
  EXPECT_EQ(d.refresh(old).reason(), "apikey-invalid") << "there is no family left that a reuse could end";
}

TEST(apikey_revoke, ends_expired_keys_and_keys_of_a_former_role) {
  apikey_desk d;
  const auto tied = d.new_key({{"expires_days", 0}});
  const auto free = d.new_key_nosession({{"expires_seconds", -5}}).claims;
  EXPECT_EQ(d.ask_as_ada("apikey-revoke", tied).reason(), "ok");
  EXPECT_EQ(d.ask_as_ada("apikey-revoke-nosession", free).reason(), "ok");
  const auto former = d.new_key();
  d.edit(d.ada, [](storage::user& u) { u.role = "staff"; });
  EXPECT_EQ(d.ask_as_root("apikey-revoke", former).reason(), "ok");
}

TEST(apikey_revoke, needs_three_claims_and_ignores_the_others) {
  apikey_desk d;
  const auto claims = d.new_key();
  for (const char* name : {"tkn", "uid", "rol"}) {
    for (const json& wrong : {json(nullptr), json(4.0), json(true), json({"x"}), json(1ULL << 63U)})
      EXPECT_EQ(d.ask_as_ada("apikey-revoke", apikey_desk::merged(claims, {{name, wrong}})).reason(), "apikey-invalid");
    json missing = claims;
    missing.erase(name);
    EXPECT_EQ(d.ask_as_ada("apikey-revoke", missing).reason(), "apikey-invalid");
  }
  EXPECT_EQ(d.verdict_on(claims), "ok");
  const json three = {{"tkn", claims["tkn"]}, {"uid", d.ada}, {"rol", "authenticated"}};
  EXPECT_EQ(d.ask_as_ada("apikey-revoke", three).reason(), "ok");
  EXPECT_EQ(d.verdict_on(claims), "apikey-invalid");
}

TEST(apikey_revoke, asks_the_policy_before_it_looks_for_the_key) {
  apikey_desk d;
  const auto claims = d.new_key();
  const auto other = d.add_user("other@example.org");
  const auto revoke = [&](const json& key, std::int64_t id, const char* role) {
    return d.ask("apikey-revoke", {{"apikey_dict", key}, {"user_id", id}, {"user_role", role}}).reason();
  };
  EXPECT_EQ(revoke(claims, other, "authenticated"), "not-allowed");
  EXPECT_EQ(revoke(claims, d.ada, "superuser"), "not-allowed");
  EXPECT_EQ(revoke({{"tkn", "x"}, {"uid", d.ada}, {"rol", "authenticated"}}, other, "authenticated"), "not-allowed");
  // One's own id in the claims opens nobody else's key.
  EXPECT_EQ(revoke(apikey_desk::merged(claims, {{"uid", other}}), other, "authenticated"), "apikey-not-found");
  EXPECT_EQ(d.verdict_on(claims), "ok");
  EXPECT_EQ(revoke(claims, 1, "superuser"), "ok");
}

TEST(apikey_revoke, finds_no_key_of_another_token_role_or_session) {
  apikey_desk d;
  const auto claims = d.new_key();
  const auto revoke = [&](const json& key) { return d.ask_as_ada("apikey-revoke", key).reason(); };
  EXPECT_EQ(revoke(apikey_desk::merged(claims, {{"tkn", "x"}})), "apikey-not-found");
  EXPECT_EQ(revoke(apikey_desk::merged(claims, {{"rol", "staff"}})), "apikey-not-found");
  d.ask("session-delete", {{"session_token", d.session}});
  EXPECT_EQ(revoke(claims), "apikey-not-found");
}

TEST(apikey_revokeall, ends_all_keys_without_a_session_whatever_their_role) {
  apikey_desk d;
  const auto former = d.new_key_nosession();
  d.edit(d.ada, [](storage::user& u) { u.role = "staff"; });
  const json as_staff = {{"user_role", "staff"}};
  const auto tied = d.new_key(as_staff);
  const auto first = d.new_key_nosession(as_staff);
  const auto second = d.new_key_nosession(as_staff);
  const auto of_root = d.new_key_nosession({{"user_id", 1}, {"user_role", "superuser"}}).claims;
  const auto revoked =
      d.ask("apikey-revokeall-nosession", {{"apikey_dict", first.claims}, {"user_id", d.ada}, {"user_role", "staff"}});
  EXPECT_EQ(revoked.reason(), "ok");
  EXPECT_EQ(revoked.field("revoked_keys"), 3);
  EXPECT_EQ(revoked.field("deleted_keys"), 3);
  EXPECT_EQ(revoked.answer["message_codes"], json({"apikeys-revoked"}));
  EXPECT_EQ(revoked.audit[0].event, "apikey.revoked-all");
  for (const auto& key : {first, second}) {
    EXPECT_EQ(d.verdict_nosession_on(key.claims), "apikey-invalid");
    EXPECT_EQ(d.refresh(key, as_staff).reason(), "apikey-invalid");
  }
  d.edit(d.ada, [](storage::user& u) { u.role = "authenticated"; });
  EXPECT_EQ(d.verdict_nosession_on(former.claims), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(of_root), "ok");
  d.edit(d.ada, [](storage::user& u) { u.role = "staff"; });
  EXPECT_EQ(d.verdict_on(tied), "ok");
  EXPECT_EQ(d.verdict_nosession_on(d.new_key_nosession(as_staff).claims), "ok");
}

TEST(apikey_revokeall, counts_what_could_still_be_of_use) {
  apikey_desk d;
  ASSERT_EQ(d.ask_as_ada("apikey-revokeall-nosession", d.new_key_nosession().claims).reason(), "ok");
  const auto refreshed = d.new_key_nosession();
  ASSERT_EQ(d.refresh(refreshed).reason(), "ok");
  const auto reused = d.new_key_nosession();
  ASSERT_EQ(d.refresh(reused).reason(), "ok");
  ASSERT_EQ(d.refresh(reused).reason(), "refresh-token-reused");
  d.ask_as_ada("apikey-revoke-nosession", d.new_key_nosession().claims);
  d.new_key_nosession({{"expires_seconds", 0}, {"refresh_expires", 0}});
  d.new_key_nosession({{"expires_seconds", 0}});
  const auto presented = d.new_key_nosession().claims;
  // Counted: the refreshed one's successor, the one with a refresh token only, the presented one.
  EXPECT_EQ(d.ask_as_ada("apikey-revokeall-nosession", presented).field("revoked_keys"), 3);
}

TEST(apikey_revokeall, needs_a_key_that_verifies) {
  apikey_desk d;
  const auto expect_refused = [&](const json& claims) {
    const auto refused = d.ask_as_ada("apikey-revokeall-nosession", claims);
    EXPECT_EQ(refused.reason(), "apikey-invalid");
    EXPECT_EQ(refused.field("revoked_keys"), nullptr);
    EXPECT_EQ(refused.field("deleted_keys"), nullptr);
  };
  const auto witness = d.new_key_nosession({{"expires_seconds", 9000}}).claims;
  const auto used = d.new_key_nosession();
  ASSERT_EQ(d.refresh(used).reason(), "ok");
  expect_refused(used.claims);
  expect_refused(d.new_key_nosession({{"not_valid_before", 1}}).claims);
  expect_refused(d.new_key_nosession({{"expires_seconds", 0}}).claims);
  expect_refused(apikey_desk::merged(witness, {{"aud", "another"}}));
  d.edit(d.ada, [](storage::user& u) { u.active = false; });
  EXPECT_EQ(d.ask_as_root("apikey-revokeall-nosession", witness).reason(), "apikey-invalid");
  d.edit(d.ada, [](storage::user& u) { u.active = true; });
  EXPECT_EQ(d.verdict_nosession_on(witness), "ok");
}

TEST(apikey_revokeall, asks_the_policy) {
  apikey_desk d;
  const auto claims = d.new_key_nosession().claims;
  const auto other = d.add_user("other@example.org");
  const auto refused = d.ask("apikey-revokeall-nosession",
                             {{"apikey_dict", claims}, {"user_id", other}, {"user_role", "authenticated"}});
  EXPECT_EQ(refused.reason(), "not-allowed");
  EXPECT_EQ(refused.answer["message_codes"], json({"not-allowed"}));
  EXPECT_EQ(d.verdict_nosession_on(claims), "ok");
  EXPECT_EQ(d.ask_as_root("apikey-revokeall-nosession", claims).field("revoked_keys"), 1);
}

TEST(apikey_revokeall, is_not_overtaken_by_a_refresh) {
  apikey_desk d;
  const auto key = d.new_key_nosession();
  const auto late = d.decide_only("apikey-refresh-nosession", d.body_of_refresh(key));
  ASSERT_EQ(d.ask_as_ada("apikey-revokeall-nosession", key.claims).reason(), "ok");
  EXPECT_EQ(d.store.commit(late.tx), storage::commit_result::conflict);
}

}  // namespace
}  // namespace authnz::actors::test
