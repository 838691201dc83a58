#include <gtest/gtest.h>

#include "admin_desk.hpp"

namespace authnz::actors::test {
namespace {

const std::string ada_email = "ada@example.org";
const std::string bob_email = "bob@example.org";
const std::string bad_name = "https://example.org";

TEST(internal_user_edit, is_checked_in_the_order_of_the_contract) {
  admin_desk d;
  const auto body = [](std::int64_t target, json update) {
    return json{{"target_userid", target}, {"update_dict", std::move(update)}};
  };
  const json large{{"a", std::string(40000, 'x')}};
  d.edit_as_server(1, {{"extra_info", large}});
  json update{{"full_name", bad_name},
              {"email", "no address"},
              {"user_role", "nobody"},
              {"extra_info", {{"b", large["a"]}}},
              {"created_on", ""}};
  EXPECT_EQ(d.ask("internal-user-edit", body(2, json::object())).reason(), "update-empty");
  EXPECT_EQ(d.ask("internal-user-edit", body(2, update)).reason(), "protected-user");
  EXPECT_EQ(d.ask("internal-user-edit", body(3, update)).reason(), "protected-user");
  EXPECT_EQ(d.ask("internal-user-edit", body(99, update)).reason(), "property-not-allowed");
  update.erase("created_on");
  EXPECT_EQ(d.ask("internal-user-edit", body(99, update)).reason(), "user-not-found");
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "name-invalid");
  update.erase("full_name");
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "email-invalid");
  update["email"] = ada_email;
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "email-taken");
  update.erase("email");
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "role-invalid");
  update["user_role"] = "staff";
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "last-superuser");
  update.erase("user_role");
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "extra-info-too-large");
  update.erase("extra_info");
  update["full_name"] = "Root";
  EXPECT_EQ(d.edit_as_server(1, update).reason(), "ok");
}

TEST(internal_user_edit, changes_everything_that_may_be_changed) {
  admin_desk d;
  const auto done = d.edit_as_server(d.ada, {{"full_name", "Ada"},
                                             {"email", bob_email},
                                             {"email_verified", true},
                                             {"is_active", true},
                                             {"user_role", "staff"},
                                             {"extra_info", {{"a", 1}}}});
  EXPECT_EQ(done.answer["message_codes"], json({"user-updated"}));
  const json info = done.field("user_info");
  EXPECT_EQ(info["full_name"], "Ada");
  EXPECT_EQ(info["email"], bob_email);
  EXPECT_EQ(info["email_verified"], true);
  EXPECT_EQ(info["user_role"], "staff");
  EXPECT_EQ(info["extra_info"]["a"], 1);
  EXPECT_EQ(info, d.shown(d.ada));
}

TEST(internal_user_edit, names_the_keys_that_may_never_be_changed) {
  admin_desk d;
  const json never{"created_on",
                   "emailverify_sent_datetime",
                   "failed_login_tries",
                   "last_login_success",
                   "last_login_try",
                   "last_updated",
                   "password",
                   "system_id",
                   "user_id"};
  json update{{"full_name", "Ada"}};
  for (const auto& key : never) update[key.get<std::string>()] = 1;
  const auto refused = d.edit_as_server(d.ada, update);
  EXPECT_EQ(refused.reason(), "property-not-allowed");
  EXPECT_EQ(refused.field("invalid_keys"), never);
  EXPECT_EQ(refused.field("user_info"), nullptr);
}

TEST(internal_user_edit, merges_extra_information_and_deletes_keys) {
  admin_desk d;
  d.edit_as_server(d.ada, {{"extra_info", {{"a", 1}, {"b", {{"c", 2}}}}}});
  const json info = d.edit_as_server(d.ada, {{"extra_info",
                                              {{"a", "__delete__"},
                                               {"b", {{"d", 3}}},
                                               {"n", nullptr},
                                               {"type", "__delete__"},
                                               {"absent", "__delete__"},
                                               {"verify_retry_wait", "__delete__"}}}})
                        .field("user_info")["extra_info"];
  EXPECT_EQ(info, json({{"b", {{"d", 3}}}, {"n", nullptr}, {"provenance", "request-created"}}));
}

TEST(internal_user_edit, leaves_extra_information_for_null) {
  admin_desk d;
  const json before = d.shown(d.ada)["extra_info"];
  EXPECT_EQ(d.edit_as_server(d.ada, {{"extra_info", nullptr}}).field("user_info")["extra_info"], before);
}

TEST(internal_user_edit, takes_no_information_for_an_empty_object) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) { u.extra_info.reset(); });
  EXPECT_EQ(d.edit_as_server(d.ada, {{"extra_info", {{"a", 1}}}}).field("user_info")["extra_info"], json({{"a", 1}}));
}

TEST(internal_user_edit, is_audited_without_an_actor) {
  admin_desk d;
  EXPECT_EQ(notes(d.edit_as_server(d.ada, {{"user_role", "staff"}, {"is_active", false}})),
            (lines{"user.edited  4", "user.role-changed  4", "user.deactivated  4"}));
}

TEST(internal_user_edit, ends_sessions_by_deactivation) {
  admin_desk d;
  d.edit_as_server(d.ada, {{"is_active", false}});
  EXPECT_FALSE(d.is_live(d.session));
}

}  // namespace
}  // namespace authnz::actors::test
