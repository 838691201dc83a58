#include <gtest/gtest.h>

#include "desk.hpp"

namespace authnz::actors::test {
namespace {

class access_requests : public testing::Test {
 protected:
  json access(const json& changes = json::object()) const {
    json body{{"user_id", caller},
              {"user_role", "authenticated"},
              {"action", "view"},
              {"target_name", "dataset"},
              {"target_owner", owner},
              {"target_visibility", "shared"},
              {"target_sharedwith", std::to_string(caller)}};
    body.update(changes);
    return body;
  }
  json limit(const json& value, const json& changes = json::object()) const {
    json body{
        {"user_id", caller}, {"user_role", "authenticated"}, {"limit_name", "max_requests"}, {"value_to_check", value}};
    body.update(changes);
    return body;
  }
  outcome ask(const json& changes = json::object()) { return d.ask("user-check-access", access(changes)); }
  outcome share(const std::string& list) { return ask({{"target_sharedwith", list}}); }
  outcome check(const json& value, const json& changes = json::object()) {
    return d.ask("user-check-limit", limit(value, changes));
  }
  void deactivate(std::int64_t id) {
    d.edit(id, [](storage::user& u) { u.active = false; });
  }

  desk d;
  std::int64_t caller = d.add_user("caller@example.org");
  std::int64_t owner = d.add_user("owner@example.org");
  std::int64_t third = d.add_user("third@example.org");
};

TEST_F(access_requests, are_granted_without_fields_and_without_audit) {
  const auto granted = ask();
  EXPECT_EQ(granted.reason(), "ok");
  EXPECT_EQ(granted.answer["message_codes"], json::array({"access-granted"}));
  EXPECT_EQ(granted.answer["response"].size(), 3U) << granted.answer["response"];
  EXPECT_TRUE(granted.audit.empty());
}

TEST_F(access_requests, that_are_denied_read_alike_and_are_audited) {
  deactivate(third);
  const auto first = share("x");
  for (const auto& [changes, reason] : {std::pair{json{{"target_sharedwith", "x"}}, "sharedwith-invalid"},
                                        {json{{"user_role", "superuser"}}, "caller-invalid"},
                                        {json{{"target_sharedwith", std::to_string(third)}}, "target-users-invalid"},
                                        {json{{"action", "delete"}}, "not-allowed"}}) {
    const auto denied = ask(changes);
    EXPECT_EQ(denied.reason(), reason);
    EXPECT_EQ(denied.answer["response"]["failure_reason"], reason);
    EXPECT_EQ(denied.answer["message_codes"], json::array({"access-denied"}));
    EXPECT_EQ(denied.answer["messages"], first.answer["messages"]);
    EXPECT_EQ(denied.answer["response"].size(), 4U) << denied.answer["response"];
    ASSERT_EQ(denied.audit.size(), 1U) << reason;
    EXPECT_EQ(denied.audit[0].event, "access.denied");
    EXPECT_EQ(denied.audit[0].actor, std::to_string(caller));
    EXPECT_EQ(denied.audit[0].target, std::to_string(owner));
  }
}

TEST_F(access_requests, are_checked_in_the_contract_s_order) {
  json all_wrong{{"target_sharedwith", "x"}, {"user_role", "staff"}, {"target_owner", 999}, {"action", "fly"}};
  EXPECT_EQ(ask(all_wrong).reason(), "sharedwith-invalid");
  all_wrong["target_sharedwith"] = "998";
  EXPECT_EQ(ask(all_wrong).reason(), "caller-invalid");
  all_wrong["user_role"] = "authenticated";
  EXPECT_EQ(ask(all_wrong).reason(), "target-users-invalid");
  all_wrong["target_owner"] = owner;
  EXPECT_EQ(ask(all_wrong).reason(), "target-users-invalid");
  all_wrong["target_sharedwith"] = "";
  EXPECT_EQ(ask(all_wrong).reason(), "not-allowed");
}

TEST_F(access_requests, need_a_caller_in_good_standing_with_the_stored_role) {
  EXPECT_EQ(ask({{"user_id", 999}}).reason(), "caller-invalid");
  EXPECT_EQ(ask({{"user_id", -1}}).reason(), "caller-invalid");
  EXPECT_EQ(ask({{"user_role", "staff"}}).reason(), "caller-invalid");
  EXPECT_EQ(ask({{"user_role", "Authenticated"}}).reason(), "caller-invalid");
  d.edit(caller, [](storage::user& u) { u.verified = false; });
  EXPECT_EQ(ask().reason(), "caller-invalid");
  d.edit(caller, [](storage::user& u) { u.verified = true, u.admin_locked = true; });
  EXPECT_EQ(ask().reason(), "caller-invalid");
  EXPECT_EQ(ask({{"user_role", "locked"}}).reason(), "caller-invalid");
  d.edit(caller, [](storage::user& u) { u.admin_locked = false, u.active = false; });
  EXPECT_EQ(ask().reason(), "caller-invalid");
  d.edit(caller, [](storage::user& u) { u.active = true; });
  EXPECT_EQ(ask().reason(), "ok");
}

TEST_F(access_requests, are_not_stopped_by_the_caller_s_automatic_lock) {
  for (std::uint32_t i = 0; i <= d.config->lock_tries; ++i)
    d.ask("user-passcheck-nosession", {{"email", "caller@example.org"}, {"password", "not the password"}});
  ASSERT_EQ(d.ask("user-list", {{"user_id", caller}}).field("user_info")[0]["user_role"], "locked");
  EXPECT_EQ(ask().reason(), "ok");
}

TEST_F(access_requests, need_an_owner_in_good_standing) {
  EXPECT_EQ(ask({{"target_owner", 999}}).reason(), "target-users-invalid");
  EXPECT_EQ(ask({{"target_owner", 3}}).reason(), "target-users-invalid") << "the locked user is no owner";
  deactivate(owner);
  EXPECT_EQ(ask().reason(), "target-users-invalid");
}

TEST_F(access_requests, need_every_shared_with_user_in_good_standing) {
  const auto mine = std::to_string(caller);
  EXPECT_EQ(share(mine + ",999").reason(), "target-users-invalid");
  EXPECT_EQ(share(mine + ",0").reason(), "target-users-invalid");
  EXPECT_EQ(share(mine + "," + std::to_string(third)).reason(), "ok");
  deactivate(third);
  EXPECT_EQ(share(mine + "," + std::to_string(third)).reason(), "target-users-invalid");
}

TEST_F(access_requests, take_lists_of_ids_with_blanks_and_repetitions) {
  const auto mine = std::to_string(caller), other = std::to_string(third);
  for (const auto& list : {mine, " " + mine + " ", other + "," + mine, mine + " ,\t" + other,
                           mine + "," + mine + "," + other + "," + mine, std::string("2"), "000" + mine})
    EXPECT_EQ(share(list).reason(), "ok") << list;
}

TEST_F(access_requests, take_nobody_as_nothing_or_none) {
  for (const auto* list : {"", " ", "none", " none "}) {
    EXPECT_EQ(share(list).reason(), "not-allowed") << list;
    EXPECT_EQ(ask({{"target_sharedwith", list}, {"target_visibility", "public"}}).reason(), "ok") << list;
  }
}

TEST_F(access_requests, refuse_what_is_no_list_of_ids) {
  const auto mine = std::to_string(caller);
  const std::vector<std::string> lists{",",
                                       mine + ",",
                                       "," + mine,
                                       mine + ",," + mine,
                                       mine + ", ," + mine,
                                       "-" + mine,
                                       "+" + mine,
                                       mine + ".0",
                                       "4 5",
                                       "0x4",
                                       mine + ";" + mine,
                                       "[" + mine + "]",
                                       mine + ",none",
                                       "None",
                                       "nobody",
                                       "9223372036854775808",
                                       std::string(4000, '9'),
                                       mine + std::string(1, '\0'),
                                       "\xD9\xA4"};
  for (const auto& list : lists) EXPECT_EQ(share(list).reason(), "sharedwith-invalid") << list;
  EXPECT_EQ(share("9223372036854775807").reason(), "target-users-invalid");
}

TEST_F(access_requests, serve_the_longest_list_that_fits) {
  std::string list = std::to_string(caller);
  while (list.size() + 2 <= d.config->limits.text) list += ",2";
  EXPECT_EQ(share(list).reason(), "ok");
}

TEST_F(access_requests, ask_the_policy_with_all_that_was_given) {
  EXPECT_EQ(ask({{"target_owner", caller}, {"action", "delete"}}).reason(), "ok") << "owners may";
  EXPECT_EQ(ask({{"target_owner", caller}, {"action", "change_owner"}}).reason(), "not-allowed");
  EXPECT_EQ(ask({{"target_visibility", "private"}}).reason(), "not-allowed");
  EXPECT_EQ(ask({{"target_visibility", "hidden"}}).reason(), "not-allowed");
  EXPECT_EQ(ask({{"target_name", "session"}}).reason(), "not-allowed");
  EXPECT_EQ(ask({{"target_name", "DATASET"}}).reason(), "not-allowed");
  EXPECT_EQ(ask({{"user_id", 2}, {"user_role", "anonymous"}, {"target_visibility", "public"}}).reason(), "ok");
  EXPECT_EQ(ask({{"user_id", 1}, {"user_role", "superuser"}, {"target_visibility", "private"}}).reason(), "ok");
}

TEST_F(access_requests, follow_the_policy_that_is_configured) {
  auto policy = json::parse(rules::default_permissions_text());
  policy["role_policy"]["authenticated"]["allowed_actions_for_other"]["shared"] = {"delete"};
  auto changed = std::make_shared<settings>(*d.config);
  changed->permissions = std::make_shared<const rules::permissions>(rules::permissions::parse(policy.dump()).value());
  d.config = changed;
  EXPECT_EQ(ask({{"action", "delete"}}).reason(), "ok");
  EXPECT_EQ(ask({{"action", "view"}}).reason(), "not-allowed");
}

TEST_F(access_requests, pass_values_within_the_limit_without_audit) {
  const auto passed = check(499'999);
  EXPECT_EQ(passed.reason(), "ok");
  EXPECT_EQ(passed.answer["message_codes"], json::array({"limit-passed"}));
  EXPECT_EQ(passed.answer["response"].size(), 3U) << passed.answer["response"];
  EXPECT_TRUE(passed.audit.empty());
}

TEST_F(access_requests, refuse_values_alike_and_audit_it) {
  const auto first = check(500'000);
  for (const auto& [value, changes, reason] : {std::tuple{json(1), json{{"user_role", "staff"}}, "caller-invalid"},
                                               {json("many"), json::object(), "limit-value-invalid"},
                                               {json(500'000), json::object(), "over-limit"}}) {
    const auto refused = check(value, changes);
    EXPECT_EQ(refused.reason(), reason);
    EXPECT_EQ(refused.answer["message_codes"], json::array({"limit-failed"}));
    EXPECT_EQ(refused.answer["messages"], first.answer["messages"]);
    EXPECT_EQ(refused.answer["response"].size(), 4U) << refused.answer["response"];
    ASSERT_EQ(refused.audit.size(), 1U) << reason;
    EXPECT_EQ(refused.audit[0].event, "limit.refused");
    EXPECT_EQ(refused.audit[0].actor, std::to_string(caller));
  }
}

TEST_F(access_requests, check_the_caller_before_the_value) {
  EXPECT_EQ(check("many", {{"user_id", 999}}).reason(), "caller-invalid");
  deactivate(caller);
  EXPECT_EQ(check("many").reason(), "caller-invalid");
}

TEST_F(access_requests, pass_any_value_where_the_role_has_no_such_limit) {
  for (const json& value : {json("many"), json(true), json::array(), json(1e300)})
    EXPECT_EQ(check(value, {{"limit_name", "max_height"}}).reason(), "ok") << value;
}

TEST_F(access_requests, use_the_limit_of_the_caller_s_role) {
  EXPECT_EQ(check(2'000'000, {{"user_id", 1}, {"user_role", "superuser"}}).reason(), "ok");
  EXPECT_EQ(check(100'000, {{"user_id", 2}, {"user_role", "anonymous"}}).reason(), "over-limit");
}

}  // namespace
}  // namespace authnz::actors::test
