#include <gtest/gtest.h>

#include "apikey_desk.hpp"

namespace authnz::actors::test {
namespace {

// A key without a session is held back by its owner's state; one that is tied
// to a session dies with it.

TEST(apikey_owner, loses_the_tied_keys_with_the_session) {
  apikey_desk d;
  const auto ended = d.new_key();
  const auto free = d.new_key_nosession().claims;
  d.ask("session-delete", {{"session_token", d.session}});
  EXPECT_EQ(d.verdict_on(ended), "apikey-invalid");
  const auto other = d.new_session(d.ada);
  const auto logged_out = d.new_key({{"session_token", other}});
  ASSERT_EQ(d.verdict_on(logged_out), "ok");
  d.ask("user-logout", {{"session_token", other}, {"user_id", d.ada}});
  EXPECT_EQ(d.verdict_on(logged_out), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free), "ok");
}

TEST(apikey_owner, loses_the_tied_keys_with_all_sessions) {
  apikey_desk d;
  const auto kept_session = d.new_session(d.ada);
  const auto ended = d.new_key();
  const auto kept = d.new_key({{"session_token", kept_session}});
  d.ask("session-delete-userid", {{"session_token", kept_session}, {"user_id", d.ada}, {"keep_current_session", true}});
  EXPECT_EQ(d.verdict_on(ended), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(kept), "ok");
}

TEST(apikey_owner, keeps_keys_of_the_session_that_changes_the_password) {
  apikey_desk d;
  const auto other = d.new_session(d.ada);
  const auto kept = d.new_key();
  const auto ended = d.new_key({{"session_token", other}});
  const auto free = d.new_key_nosession().claims;
  ASSERT_EQ(d.ask("user-changepass", {{"user_id", d.ada},
                                      {"session_token", d.session},
                                      {"email", "ada@example.org"},
                                      {"current_password", desk::good_password},
                                      {"new_password", "granite 6 and feathers"}})
                .reason(),
            "ok");
  EXPECT_EQ(d.verdict_on(kept), "ok");
  EXPECT_EQ(d.verdict_on(ended), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free), "ok");
}

TEST(apikey_owner, loses_all_keys_with_a_password_reset) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession();
  ASSERT_EQ(d.ask("user-resetpass", {{"email_address", "ada@example.org"},
                                     {"new_password", "granite 6 and feathers"},
                                     {"session_token", d.session}})
                .reason(),
            "ok");
  ASSERT_TRUE(d.is_live(d.session));
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free.claims), "apikey-invalid");
  EXPECT_EQ(d.refresh(free).reason(), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(d.new_key()), "ok");
  EXPECT_EQ(d.verdict_nosession_on(d.new_key_nosession().claims), "ok");
}

TEST(apikey_owner, has_no_valid_key_while_locked) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession().claims;
  ASSERT_EQ(d.ask("internal-user-lock", {{"target_userid", d.ada}, {"action", "lock"}}).reason(), "ok");
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free), "apikey-invalid");
  EXPECT_EQ(d.ask_as_root("apikey-verify-nosession", free).reason(), "apikey-invalid");
  ASSERT_EQ(d.ask("internal-user-lock", {{"target_userid", d.ada}, {"action", "unlock"}}).reason(), "ok");
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid") << "its session has ended";
  EXPECT_EQ(d.verdict_nosession_on(free), "ok");
}

TEST(apikey_owner, has_no_valid_key_while_deactivated) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession().claims;
  const auto set_active = [&](bool active) {
    return d.ask("internal-user-edit", {{"target_userid", d.ada}, {"update_dict", {{"is_active", active}}}}).reason();
  };
  ASSERT_EQ(set_active(false), "ok");
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free), "apikey-invalid");
  ASSERT_EQ(set_active(true), "ok");
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid") << "its session has ended";
  EXPECT_EQ(d.verdict_nosession_on(free), "ok");
}

TEST(apikey_owner, has_no_valid_key_of_another_role) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession();
  const auto set_role = [&](const char* role) {
    return d.ask("internal-user-edit", {{"target_userid", d.ada}, {"update_dict", {{"user_role", role}}}}).reason();
  };
  ASSERT_EQ(set_role("staff"), "ok");
  EXPECT_EQ(d.verdict_on(tied), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(free.claims), "apikey-invalid");
  EXPECT_EQ(d.refresh(free, {{"user_role", "staff"}}).reason(), "apikey-invalid");
  EXPECT_EQ(d.verdict_on(d.new_key({{"user_role", "staff"}})), "ok") << "the session goes on";
}

TEST(apikey_owner, takes_all_keys_along_when_deleted) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession();
  ASSERT_EQ(d.ask("internal-user-delete", {{"target_userid", d.ada}}).reason(), "ok");
  EXPECT_EQ(d.ask_as_root("apikey-verify", tied).reason(), "apikey-invalid");
  EXPECT_EQ(d.ask_as_root("apikey-verify-nosession", free.claims).reason(), "apikey-invalid");
  EXPECT_EQ(d.ask_as_root("apikey-revoke-nosession", free.claims).reason(), "apikey-not-found");
  EXPECT_EQ(d.refresh(free, {{"user_id", 1}, {"user_role", "superuser"}}).reason(), "apikey-invalid");
}

TEST(apikey_owner, keeps_the_keys_through_an_automatic_lock) {
  apikey_desk d;
  const auto tied = d.new_key();
  const auto free = d.new_key_nosession().claims;
  for (int i = 0; i < 10; ++i) d.ask("user-passcheck-nosession", {{"email", "ada@example.org"}, {"password", "x"}});
  EXPECT_EQ(d.verdict_on(tied), "ok");
  EXPECT_EQ(d.verdict_nosession_on(free), "ok");
}

}  // namespace
}  // namespace authnz::actors::test
