// What each of the two requests that send messages has for itself.
#include "mail_desk.hpp"

namespace authnz::actors::test {
namespace {

using sendemail_signup = sendemail<signup_desk>;
using sendemail_forgotpass = sendemail<forgotpass_desk>;

TEST_F(sendemail_signup, needs_three_members_of_created_info) {
  for (const char* member : {"user_id", "user_email", "send_verification"})
    expect_failure(d.send({{"created_info", {{member, nullptr}}}, {"session_token", "unknown"}}),
                   "created-info-invalid", "created-info-invalid");
  for (const json& wrong : {json{{"user_id", "4"}}, json{{"user_id", 4.0}}, json{{"user_id", true}},
                            json{{"user_id", UINT64_MAX}}, json{{"user_email", 4}}, json{{"send_verification", 1}}})
    expect_failure(d.send({{"created_info", wrong}}), "created-info-invalid", "created-info-invalid");
}

TEST_F(sendemail_signup, sends_only_where_user_new_said_so) {
  expect_failure(d.send({{"created_info", {{"send_verification", false}, {"user_id", 99}}}}), "not-allowed",
                 "email-requested");
}

TEST_F(sendemail_signup, sends_only_to_the_account_of_created_info) {
  expect_failure(d.send({{"created_info", {{"user_id", 99}}}}), "user-not-found", "email-requested");
  expect_failure(d.send({{"created_info", {{"user_email", "other@example.org"}}}}), "user-not-found",
                 "email-requested");
  EXPECT_EQ(d.send({{"created_info", {{"user_email", "ADA@example.org"}}}}).reason(), "ok");
}

TEST_F(sendemail_signup, sends_to_no_address_that_is_verified) {
  d.edit(d.id, [](storage::user& u) { u.email_verified = true, u.active = false; });
  expect_failure(d.send(), "already-verified", "email-requested");
}

TEST_F(sendemail_signup, sends_to_a_new_address_of_a_verified_account) {
  d.edit(d.id, [](storage::user& u) { u.verified = true, u.email_verified = false; });
  EXPECT_EQ(d.send().reason(), "ok");
}

TEST_F(sendemail_signup, links_to_the_page_that_verifies) {
  d.send();
  EXPECT_NE(d.outgoing->mail.text.find("https://example.org/users/verify\r\n"), std::string::npos);
  d.send({{"server_verify_url", "/v"}});
  EXPECT_NE(d.outgoing->mail.text.find("https://example.org/v\r\n"), std::string::npos);
}

TEST_F(sendemail_signup, may_be_sent_again_at_once) {
  d.send();
  EXPECT_EQ(d.send().reason(), "ok");
}

TEST_F(sendemail_forgotpass, ignores_created_info) {
  EXPECT_EQ(d.send({{"created_info", {{"user_id", "x"}}}}).reason(), "ok");
}

TEST_F(sendemail_forgotpass, sends_to_no_account_that_was_never_verified) {
  d.edit(d.id, [](storage::user& u) { u.verified = false; });
  expect_failure(d.send(), "account-inactive", "email-requested");
}

TEST_F(sendemail_forgotpass, sends_once_a_day) {
  EXPECT_EQ(d.send().reason(), "ok");
  d.outgoing.reset();
  d.now += 24h - 1us;
  d.token = d.new_session();
  expect_failure(d.send(), "sent-recently", "email-requested");
  d.now += 1us;
  EXPECT_EQ(d.send().reason(), "ok");
}

TEST_F(sendemail_forgotpass, may_be_asked_for_again_after_a_refusal) {
  d.first_attempt = delivery::refused;
  d.send();
  d.first_attempt = delivery::accepted;
  EXPECT_EQ(d.send().reason(), "ok");
}

TEST_F(sendemail_forgotpass, links_to_the_page_that_sets_a_password) {
  d.send();
  EXPECT_NE(d.outgoing->mail.text.find("https://example.org/users/forgot-password-step2\r\n"), std::string::npos);
  d.now += 24h;
  d.token = d.new_session();
  d.send({{"password_forgot_url", "/f"}});
  EXPECT_NE(d.outgoing->mail.text.find("https://example.org/f\r\n"), std::string::npos);
}

}  // namespace
}  // namespace authnz::actors::test
