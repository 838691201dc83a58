// What both requests that send messages have in common.
#include "mail_desk.hpp"

namespace authnz::actors::test {
namespace {

using both = testing::Types<signup_desk, forgotpass_desk>;
TYPED_TEST_SUITE(sendemail, both);

TYPED_TEST(sendemail, answers_with_the_time_of_sending) {
  const auto sent = this->d.send({{"email_address", "Ada@Example.ORG"}});
  EXPECT_EQ(sent.reason(), "ok");
  EXPECT_EQ(sent.answer["message_codes"], json::array({"email-requested"}));
  EXPECT_EQ(sent.field("user_id"), this->d.id);
  EXPECT_EQ(sent.field("email_address"), ada);
  EXPECT_EQ(sent.field(this->time_field), proto::format_time(this->d.now));
  EXPECT_EQ(sent.field(this->time_field_2019), proto::format_time(this->d.now));
  EXPECT_EQ(sent.field("queued"), false);
  EXPECT_EQ(this->sent_time(), this->d.now);
}

TYPED_TEST(sendemail, stores_the_message_with_the_sent_time_before_the_attempt) {
  const auto before = this->sent_time();
  bool looked = false;
  this->d.while_sending = [&] {
    looked = true;
    EXPECT_EQ(this->sent_time(), this->d.now);
    const auto e = this->d.stored();
    ASSERT_TRUE(e);
    EXPECT_EQ(e->user_id, this->d.id);
    EXPECT_EQ(e->created, this->d.now);
    EXPECT_EQ(e->sent_before, before);
    EXPECT_EQ(e->tries, 0U);
    EXPECT_EQ(e->next_try, this->d.now + 60s);
  };
  this->d.send();
  EXPECT_TRUE(looked);
}

TYPED_TEST(sendemail, removes_the_message_once_it_is_accepted) {
  this->d.send();
  EXPECT_FALSE(this->d.stored());
}

TYPED_TEST(sendemail, leaves_a_deferred_message_to_the_retries) {
  this->d.first_attempt = delivery::deferred;
  this->d.while_sending = [&] { this->d.now += 7s; };
  const auto sent = this->d.send();
  EXPECT_EQ(sent.reason(), "ok");
  EXPECT_EQ(sent.field("queued"), true);
  const auto e = this->d.stored();
  ASSERT_TRUE(e);
  EXPECT_EQ(e->tries, 1U);
  EXPECT_EQ(e->next_try, this->d.now + 1min);
  EXPECT_EQ(this->sent_time(), this->d.now - 7s);
}

TYPED_TEST(sendemail, drops_a_refused_message_and_puts_the_sent_time_back) {
  const auto before = this->sent_time();
  this->d.first_attempt = delivery::refused;
  const auto refused = this->d.send();
  EXPECT_EQ(refused.reason(), "email-failed");
  EXPECT_EQ(refused.answer["message_codes"], json::array({"email-requested"}));
  EXPECT_EQ(refused.field(this->time_field), nullptr);
  EXPECT_EQ(refused.field("queued"), nullptr);
  EXPECT_FALSE(this->d.stored());
  EXPECT_EQ(this->sent_time(), before);
}

TYPED_TEST(sendemail, does_not_put_a_sent_time_back_that_has_moved_since) {
  this->d.first_attempt = delivery::refused;
  const auto later = this->d.now + 5s;
  this->d.while_sending = [&] {
    this->d.edit(this->d.id, [&](storage::user& u) { u.emailverify_sent = u.emailforgotpass_sent = later; });
  };
  EXPECT_EQ(this->d.send().reason(), "email-failed");
  EXPECT_EQ(this->sent_time(), later);
  EXPECT_FALSE(this->d.stored());
}

TYPED_TEST(sendemail, ends_well_though_the_account_and_the_session_were_deleted_meanwhile) {
  for (const auto result : {delivery::accepted, delivery::refused}) {
    TypeParam d;
    d.first_attempt = result;
    d.while_sending = [&] {
      d.remove_user();
      d.ask("session-delete", {{"session_token", d.token}});
    };
    EXPECT_EQ(d.send().reason(), result == delivery::accepted ? "ok" : "email-failed");
    EXPECT_FALSE(d.stored());
  }
}

TYPED_TEST(sendemail, ends_well_though_the_message_is_gone_from_the_store) {
  this->d.first_attempt = delivery::deferred;
  this->d.while_sending = [&] {
    storage::mini_transaction tx;
    storage::remove_mail(tx, *this->d.stored());
    ASSERT_EQ(this->d.store.commit(tx), storage::commit_result::applied);
  };
  EXPECT_EQ(this->d.send().field("queued"), true);
  EXPECT_FALSE(this->d.stored());
}

TYPED_TEST(sendemail, holds_the_queued_answer_ready_for_when_the_attempt_is_lost) {
  this->d.send();
  const auto lost = json::parse(proto::render(this->d.outgoing->if_lost, "7"));
  EXPECT_EQ(lost["success"], true);
  EXPECT_EQ(lost["response"]["queued"], true);
  EXPECT_EQ(lost["response"]["user_id"], this->d.id);
}

TYPED_TEST(sendemail, is_audited_by_its_session_s_user) {
  this->d.token = this->d.new_session(1);
  for (const auto result : {delivery::accepted, delivery::refused}) {
    this->d.first_attempt = result;
    const auto sent = this->d.send();
    ASSERT_EQ(sent.audit.size(), 1U);
    EXPECT_EQ(sent.audit[0].event, this->event);
    EXPECT_EQ(sent.audit[0].actor, "1");
    EXPECT_EQ(sent.audit[0].target, std::to_string(this->d.id));
    this->d.now += 25h;
    this->d.token = this->d.new_session(1);
  }
}

TYPED_TEST(sendemail, needs_a_sender_a_server_and_a_port) {
  const std::vector<std::function<void(mail_settings&)>> holes{
      [](mail_settings& m) { m.sender = ""; }, [](mail_settings& m) { m.sender = "nobody"; },
      [](mail_settings& m) { m.route.server = ""; }, [](mail_settings& m) { m.route.port = 0; }};
  const auto whole = this->d.config;
  for (const auto& hole : holes) {
    this->d.config = whole;
    this->d.configure(hole);
    this->expect_failure(this->d.send({{"session_token", "unknown"}}), "email-not-configured", "email-not-configured");
  }
}

TYPED_TEST(sendemail, ignores_the_request_s_mail_server_without_override) {
  EXPECT_EQ(this->d.send({{"emailserver", ""}, {"emailport", 0}, {"emailsender", "x"}}).reason(), "ok");
  EXPECT_FALSE(this->d.outgoing->route);
  EXPECT_EQ(this->d.outgoing->mail.sender, "auth@example.org");
}

TYPED_TEST(sendemail, judges_the_request_s_mail_server_with_override) {
  this->d.configure([](mail_settings& m) { m.override_by_request = true; });
  for (const json& bad : {json{{"emailserver", ""}}, json{{"emailsender", ""}}, json{{"emailport", 0}},
                          json{{"emailport", 65536}}, json{{"emailport", -1}}, json{{"smtp_server", " "}}})
    this->expect_failure(this->d.send(bad), "email-not-configured", "email-not-configured");
}

TYPED_TEST(sendemail, completes_the_request_s_mail_server_from_the_configuration) {
  this->d.configure([](mail_settings& m) {
    m.override_by_request = true;
    m.route.user = "configured";
    m.route.password = proto::secret("pass");
    m.route.security = mail_security::tls;
  });
  ASSERT_EQ(this->d.send({{"smtp_server", "mx.example.net"}, {"emailport", 2525}, {"emailuser", "given"}}).reason(),
            "ok");
  const auto& route = this->d.outgoing->route;
  ASSERT_TRUE(route);
  EXPECT_EQ(route->server, "mx.example.net");
  EXPECT_EQ(route->port, 2525);
  EXPECT_EQ(route->user, "given");
  EXPECT_EQ(route->password.reveal(), "pass");
  EXPECT_EQ(route->security, mail_security::tls);
}

TYPED_TEST(sendemail, takes_the_sender_alone_from_the_request) {
  this->d.configure([](mail_settings& m) { m.override_by_request = true; });
  ASSERT_EQ(this->d.send({{"smtp_sender", "Other <other@example.net>"}, {"emailport", nullptr}}).reason(), "ok");
  EXPECT_EQ(this->d.outgoing->mail.sender, "other@example.net");
  EXPECT_FALSE(this->d.outgoing->route);
}

TYPED_TEST(sendemail, needs_a_live_session) {
  this->expect_failure(this->d.send({{"session_token", "unknown"}}), "session-not-found", "session-not-found");
  this->d.now += 25h;
  this->expect_failure(this->d.send(), "session-not-found", "session-not-found");
}

TYPED_TEST(sendemail, sends_to_no_unknown_or_protected_account) {
  this->expect_failure(this->d.send({{"email_address", "nobody@example.org"}}), "user-not-found", "email-requested");
  for (const auto& [id, address] : {std::pair{2, "anonuser@localhost"}, {3, "dummyuser@localhost"}})
    this->expect_failure(
        this->d.send({{"email_address", address}, {"created_info", {{"user_id", id}, {"user_email", address}}}}),
        "user-not-found", "email-requested");
}

TYPED_TEST(sendemail, sends_to_no_inactive_or_locked_account) {
  this->d.edit(this->d.id, [](storage::user& u) { u.active = false; });
  this->expect_failure(this->d.send(), "account-inactive", "email-requested");
  this->d.edit(this->d.id, [](storage::user& u) { u.active = true, u.admin_locked = true; });
  this->expect_failure(this->d.send(), "account-inactive", "email-requested");
}

TYPED_TEST(sendemail, writes_the_message_for_the_account_and_its_session) {
  const auto sent = this->d.send({{"verification_expiry", 3600}});
  ASSERT_EQ(sent.reason(), "ok");
  const auto& mail = this->d.outgoing->mail;
  EXPECT_EQ(mail.recipient, ada);
  EXPECT_NE(mail.text.find("visible-token"), std::string::npos);
  EXPECT_NE(mail.text.find("Subject: [Example] "), std::string::npos);
  EXPECT_NE(mail.text.find("192.0.2.1"), std::string::npos);
  auto expires = proto::format_time(this->d.now + 1h);
  expires[10] = ' ';
  EXPECT_NE(mail.text.find(expires), std::string::npos) << mail.text;
}

TYPED_TEST(sendemail, expires_after_a_quarter_of_an_hour_and_never_beyond_what_can_be_written) {
  auto quarter = proto::format_time(this->d.now + 15min);
  quarter[10] = ' ';
  this->d.send();
  EXPECT_NE(this->d.outgoing->mail.text.find(quarter), std::string::npos);
  this->d.now += 24h;
  this->d.token = this->d.new_session();
  EXPECT_EQ(this->d.send({{"verification_expiry", INT64_MAX}}).reason(), "ok");
  EXPECT_NE(this->d.outgoing->mail.text.find("9999-12-31 23:59:59"), std::string::npos);
}

TYPED_TEST(sendemail, never_gives_two_messages_one_key_or_id) {
  this->d.send();
  const auto first = *this->d.outgoing;
  this->d.now += 24h;
  this->d.token = this->d.new_session();
  this->d.send();
  EXPECT_NE(this->d.outgoing->entry.key, first.entry.key);
  const auto id_of = [](const std::string& text) {
    const auto at = text.find("Message-ID:");
    return text.substr(at, text.find("\r\n", at + 20) - at);
  };
  EXPECT_NE(id_of(this->d.outgoing->mail.text), id_of(first.mail.text));
}

}  // namespace
}  // namespace authnz::actors::test
