#include <gtest/gtest.h>

#include "actors/decisions/accounts.hpp"
#include "admin_desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada_email = "ada@example.org";
const std::string bob_email = "bob@example.org";
const std::string bad_name = "https://example.org";
const json to_authenticated{{"user_role", "authenticated"}};

json with(json body, json update) {
  body["update_dict"] = std::move(update);
  return body;
}

TEST(user_edit, is_checked_in_the_order_of_the_contract) {
  admin_desk d;
  const json all_wrong{{"full_name", bad_name}, {"email", "no address"}, {"user_role", "nobody"}, {"is_active", false}};
  json bad_key = all_wrong;
  bad_key["password"] = "x";
  d.expect_in_turn("user-edit", {
                                    {with(d.body_as(1, "locked", "unknown", 2), json::object()), "update-empty"},
                                    {with(d.body_as(1, "locked", "unknown", 2), bad_key), "protected-user"},
                                    {with(d.body_as(1, "locked", "unknown", 3), bad_key), "protected-user"},
                                    {with(d.body_as(1, "locked", "unknown", 99), bad_key), "session-not-found"},
                                    {with(d.body_as(1, "superuser", d.session, 99), bad_key), "not-allowed"},
                                    {with(d.body_as_ada(99), bad_key), "not-allowed"},
                                    {with(d.body_as_root(99), bad_key), "property-not-allowed"},
                                    {with(d.body_as_root(99), all_wrong), "user-not-found"},
                                    {with(d.body_as_root(1), all_wrong), "name-invalid"},
                                });
  json update = all_wrong;
  update.erase("full_name");
  EXPECT_EQ(d.edit_as_root(1, update).reason(), "email-invalid");
  update["email"] = "anonuser@localhost";
  EXPECT_EQ(d.edit_as_root(1, update).reason(), "email-taken");
  update.erase("email");
  EXPECT_EQ(d.edit_as_root(1, update).reason(), "role-invalid");
  update.erase("user_role");
  EXPECT_EQ(d.edit_as_root(1, update).reason(), "last-superuser");
}

TEST(user_edit, wants_a_caller_in_good_standing_with_the_role_that_is_claimed) {
  const json update{{"full_name", "Ada"}};
  const auto reason_after = [&](const std::function<void(storage::user&)>& change) {
    admin_desk d;
    d.edit(d.ada, change);
    return d.edit_as_ada(update).reason();
  };
  EXPECT_EQ(reason_after([](storage::user&) {}), "ok");
  EXPECT_EQ(reason_after([](storage::user& u) { u.verified = false; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.active = false; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.admin_locked = true; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.role = "staff"; }), "not-allowed");
}

TEST(user_edit, takes_no_session_of_another_user) {
  admin_desk d;
  const auto bob = d.add_user(bob_email);
  const json name{{"full_name", "Ada"}};
  EXPECT_EQ(d.ask("user-edit", with(d.body_as(d.ada, "authenticated", d.new_session(bob), d.ada), name)).reason(),
            "not-allowed");
  d.make_superuser(d.ada);
  EXPECT_EQ(d.ask("user-edit", with(d.body_as(1, "superuser", d.session, bob), name)).reason(), "not-allowed");
}

TEST(user_edit, takes_no_session_that_has_expired) {
  admin_desk d;
  d.now += 25h;
  EXPECT_EQ(d.edit_as_ada({{"full_name", "Ada"}}).reason(), "session-not-found");
}

TEST(user_edit, lets_custom_roles_edit_themselves_and_nobody_else) {
  admin_desk d;
  d.add_role("librarian");
  d.edit(d.ada, [](storage::user& u) { u.role = "librarian"; });
  const json name{{"full_name", "Ada"}};
  EXPECT_EQ(d.ask("user-edit", with(d.body_as(d.ada, "librarian", d.session, d.ada), name)).reason(), "ok");
  EXPECT_EQ(d.ask("user-edit", with(d.body_as(d.ada, "librarian", d.session, 1), name)).reason(), "not-allowed");
}

TEST(user_edit, lets_staff_edit_nobody_else) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) { u.role = "staff"; });
  EXPECT_EQ(d.ask("user-edit", with(d.body_as(d.ada, "staff", d.session, 1), {{"full_name", "Ada"}})).reason(),
            "not-allowed");
}

TEST(user_edit, lets_the_roles_anonymous_and_locked_edit_nothing) {
  for (const char* role : {"anonymous", "locked"}) {
    admin_desk d;
    d.edit(d.ada, [&](storage::user& u) { u.role = role; });
    EXPECT_EQ(d.ask("user-edit", with(d.body_as(d.ada, role, d.session, d.ada), {{"full_name", "Ada"}})).reason(),
              "not-allowed");
  }
}

TEST(user_edit, names_the_keys_that_are_not_for_one_s_own_record) {
  admin_desk d;
  const auto refused = d.edit_as_ada({{"full_name", "Ada"},
                                      {"is_active", true},
                                      {"user_role", "superuser"},
                                      {"email_verified", true},
                                      {"extra_info", 1},
                                      {"n\xC3\xA9", 1}});
  EXPECT_EQ(refused.reason(), "property-not-allowed");
  EXPECT_EQ(refused.field("invalid_keys"),
            json({"email_verified", "extra_info", "is_active", "n\xC3\xA9", "user_role"}));
  EXPECT_EQ(refused.field("user_info"), nullptr);
  EXPECT_EQ(d.stored(d.ada).full_name, "Ada Lovelace");
}

TEST(user_edit, names_the_keys_that_are_not_for_superusers) {
  admin_desk d;
  const auto refused = d.edit_as_root(d.ada, {{"full_name", "Ada"},
                                              {"email", ada_email},
                                              {"is_active", true},
                                              {"user_role", "staff"},
                                              {"email_verified", true},
                                              {"extra_info", json::object()},
                                              {"system_id", "s"},
                                              {"user_id", 9}});
  EXPECT_EQ(refused.field("invalid_keys"), json({"extra_info", "system_id", "user_id"}));
}

TEST(user_edit, shows_invalid_keys_with_that_failure_alone) {
  admin_desk d;
  EXPECT_FALSE(d.edit_as_ada(json::object()).answer["response"].contains("invalid_keys"));
}

TEST(user_edit, stores_name_and_address_in_normal_form) {
  admin_desk d;
  const auto done = d.edit_as_ada({{"full_name", " Ada \t King & \"Co\" "},
                                   {"email",
                                    "\xEF\xBC\xA1"
                                    "da.King@Example.ORG"}});
  EXPECT_EQ(done.answer["message_codes"], json({"user-updated"}));
  EXPECT_EQ(done.field("user_info")["full_name"], "Ada King &amp; &quot;Co&quot;");
  EXPECT_EQ(done.field("user_info")["email"], "ada.king@example.org");
  EXPECT_EQ(done.field("user_info"), d.shown(d.ada));
}

TEST(user_edit, does_no_harm_to_a_name_that_is_written_back) {
  admin_desk d;
  d.edit_as_ada({{"full_name", "King & Co"}});
  const json shown = d.shown(d.ada)["full_name"];
  EXPECT_EQ(d.edit_as_ada({{"full_name", shown}}).field("user_info")["full_name"], shown);
}

TEST(user_edit, moves_the_account_to_its_new_address) {
  admin_desk d;
  d.edit_as_ada({{"email", bob_email}});
  EXPECT_EQ(d.ask("user-lookup-email", {{"email", ada_email}}).reason(), "user-not-found");
  EXPECT_EQ(d.ask("user-lookup-email", {{"email", bob_email}}).field("user_info")["user_id"], d.ada);
  EXPECT_EQ(d.password_check(bob_email), "ok");
  EXPECT_NE(d.add_user(ada_email), d.ada) << "the old address is free";
}

TEST(user_edit, has_a_new_address_verified_anew_and_leaves_the_account_in_good_standing) {
  admin_desk d;
  const auto done = d.edit_as_ada({{"email", bob_email}});
  EXPECT_EQ(done.field("user_info")["email_verified"], false);
  EXPECT_EQ(done.field("user_info")["is_active"], true);
  EXPECT_TRUE(d.stored(d.ada).verified);
}

TEST(user_edit, takes_another_spelling_of_the_address_for_no_change) {
  admin_desk d;
  EXPECT_EQ(d.edit_as_ada({{"email", "ADA@example.org"}}).field("user_info")["email_verified"], true);
}

TEST(user_edit, lets_a_seeded_address_be_written_back_but_not_be_taken) {
  admin_desk d;
  EXPECT_EQ(d.edit_as_root(1, {{"email", "Root@localhost"}}).reason(), "ok");
  EXPECT_EQ(d.edit_as_root(d.ada, {{"email", "root@localhost"}}).reason(), "email-invalid");
}

TEST(user_edit, judges_addresses_as_a_sign_up_does) {
  admin_desk d;
  for (const char* address : {"admin@example.org", "ada@sub.disposable.example", "a@b@example.org", "", "ada"})
    EXPECT_EQ(d.edit_as_ada({{"email", address}}).reason(), "email-invalid") << address;
}

TEST(user_edit, does_not_tell_users_that_an_address_is_taken) {
  admin_desk d;
  d.add_user(bob_email);
  const auto refused = d.edit_as_ada({{"email", "BOB@example.org"}});
  EXPECT_EQ(refused.reason(), "email-taken");
  EXPECT_EQ(refused.answer["message_codes"], json({"edit-failed"}));
}

TEST(user_edit, gives_an_address_to_one_of_two_who_want_it_at_once) {
  admin_desk d;
  const auto bob = d.add_user(bob_email);
  const json wanted{{"email", "one@example.org"}};
  EXPECT_EQ(d.second_of_two_at_once("user-edit", with(d.body_as_ada(d.ada), wanted), "internal-user-edit",
                                    {{"target_userid", bob}, {"update_dict", wanted}}),
            "email-taken");
}

TEST(user_edit, moves_the_time_of_the_last_update) {
  admin_desk d;
  d.now += 1h;
  EXPECT_EQ(d.edit_as_ada({{"full_name", "Ada Lovelace"}}).field("user_info")["last_updated"],
            proto::format_time(d.now));
}

TEST(user_edit, is_audited_as_done_by_the_session_s_user) {
  admin_desk d;
  EXPECT_EQ(notes(d.edit_as_root(d.ada, {{"full_name", "Ada"}})), lines{"user.edited 1 4"});
  EXPECT_EQ(notes(d.edit_as_root(2, {{"full_name", "Ada"}})), lines{"user.edited 1 2"});
  EXPECT_EQ(notes(d.ask("user-edit", with(d.body_as(1, "superuser", "unknown", 4), {{"full_name", "Ada"}}))),
            lines{"user.edited  4"});
}

TEST(user_edit, gives_roles_of_the_policy_alone) {
  admin_desk d;
  for (const char* role : {"librarian", "anonymous", "locked", "", "Staff"})
    EXPECT_EQ(d.edit_as_root(d.ada, {{"user_role", role}}).reason(), "role-invalid") << role;
  d.add_role("librarian");
  for (const char* role : {"librarian", "staff", "superuser"})
    EXPECT_EQ(d.edit_as_root(d.ada, {{"user_role", role}}).field("user_info")["user_role"], role);
}

TEST(user_edit, ends_no_session_but_every_key_by_a_change_of_role) {
  admin_desk d;
  const auto with_session = d.new_key();
  const auto without = d.new_key_nosession();
  const auto done = d.edit_as_root(d.ada, {{"user_role", "staff"}});
  EXPECT_EQ(notes(done), (lines{"user.edited 1 4", "user.role-changed 1 4"}));
  EXPECT_TRUE(d.is_live(d.session));
  EXPECT_EQ(d.verdict_on(with_session), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "apikey-invalid");
}

TEST(user_edit, audits_no_change_of_role_where_there_is_none) {
  admin_desk d;
  EXPECT_EQ(notes(d.edit_as_root(d.ada, to_authenticated)), lines{"user.edited 1 4"});
}

TEST(user_edit, ends_all_sessions_and_their_keys_by_deactivation) {
  admin_desk d;
  const auto with_session = d.new_key();
  const auto without = d.new_key_nosession();
  const auto elsewhere = d.new_session(d.ada);
  const auto done = d.edit_as_root(d.ada, {{"is_active", false}});
  EXPECT_EQ(done.field("user_info")["is_active"], false);
  EXPECT_EQ(notes(done), (lines{"user.edited 1 4", "user.deactivated 1 4"}));
  EXPECT_FALSE(d.is_live(d.session) || d.is_live(elsewhere));
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "apikey-invalid");

  EXPECT_EQ(d.edit_as_root(d.ada, {{"is_active", true}}).field("user_info")["is_active"], true);
  EXPECT_FALSE(d.is_live(d.session));
  EXPECT_EQ(d.verdict_on(with_session), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "ok");
}

TEST(user_edit, ends_no_session_of_others_by_deactivation) {
  admin_desk d;
  const auto of_bob = d.new_session(d.add_user(bob_email));
  d.edit_as_root(d.ada, {{"is_active", false}});
  EXPECT_TRUE(d.is_live(of_bob));
  EXPECT_TRUE(d.is_live(d.root_session));
}

TEST(user_edit, audits_no_deactivation_where_there_is_none) {
  admin_desk d;
  d.edit_as_root(d.ada, {{"is_active", false}});
  EXPECT_EQ(notes(d.edit_as_root(d.ada, {{"is_active", false}})), lines{"user.edited 1 4"});
  EXPECT_EQ(notes(d.edit_as_root(d.ada, {{"is_active", true}})), lines{"user.edited 1 4"});
}

TEST(user_edit, does_not_verify_or_unlock_by_activation) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) { u.verified = u.email_verified = u.active = false; });
  const json unverified = d.edit_as_root(d.ada, {{"is_active", true}}).field("user_info");
  EXPECT_EQ(unverified["is_active"], false);
  EXPECT_EQ(unverified["user_role"], "locked");
  d.edit(d.ada, [](storage::user& u) { u.verified = u.admin_locked = true; });
  EXPECT_EQ(d.edit_as_root(d.ada, {{"is_active", true}}).field("user_info")["is_active"], false);
}

TEST(user_edit, sets_and_clears_both_states_of_verification) {
  admin_desk d;
  d.edit_as_root(d.ada, {{"email_verified", false}});
  EXPECT_FALSE(d.stored(d.ada).verified || d.stored(d.ada).email_verified);
  EXPECT_TRUE(d.is_live(d.session));
  d.edit_as_root(d.ada, {{"email_verified", true}});
  EXPECT_TRUE(d.stored(d.ada).verified && d.stored(d.ada).email_verified);
}

TEST(user_edit, lets_a_superuser_verify_a_new_address_in_the_same_request) {
  admin_desk d;
  EXPECT_EQ(d.edit_as_root(d.ada, {{"email", bob_email}}).field("user_info")["email_verified"], false);
  EXPECT_EQ(
      d.edit_as_root(d.ada, {{"email", ada_email}, {"email_verified", true}}).field("user_info")["email_verified"],
      true);
  d.edit_as_root(d.ada, {{"email", bob_email}, {"email_verified", false}});
  EXPECT_FALSE(d.stored(d.ada).verified);
}

TEST(user_edit, leaves_counters_with_the_addresses) {
  admin_desk d;
  d.fail_until_locked(ada_email);
  EXPECT_EQ(d.edit_as_root(d.ada, {{"full_name", "Ada"}}).field("user_info")["user_role"], "locked");
  EXPECT_EQ(d.edit_as_root(d.ada, {{"email", bob_email}}).field("user_info")["user_role"], "authenticated");
  EXPECT_EQ(d.password_check(ada_email), "locked");
}

}  // namespace
}  // namespace authnz::actors::test
