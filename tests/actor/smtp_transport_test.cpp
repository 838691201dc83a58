#include "net/smtp_transport.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/actor/certificates.hpp"
#include "tests/actor/mail_server.hpp"

using namespace authnz::actors;
using authnz::net::smtp_transport;
using authnz::proto::secret;
using authnz::tests::certificates;
using authnz::tests::mail_server;
using nlohmann::json;
using std::chrono::milliseconds;

namespace authnz::actors {

std::ostream& operator<<(std::ostream& out, delivery d) {
  return out << (d == delivery::accepted ? "accepted" : d == delivery::deferred ? "deferred" : "refused");
}

}  // namespace authnz::actors

namespace {

constexpr milliseconds patience = std::chrono::seconds(30);
constexpr milliseconds haste{700};

outgoing_mail a_mail() {
  return {"site@example.org", "ada@example.org", "Subject: a word\r\n\r\nGood morning.\r\n.\r\n..two dots\r\nBye\r\n"};
}

mail_route plain_route(const mail_server& server) {
  mail_route route;
  route.server = "127.0.0.1";
  route.port = static_cast<std::uint16_t>(server.port());
  route.security = mail_security::none;
  return route;
}

mail_route with_login(mail_route route, const std::string& user = "ada", const std::string& password = "opens sesame") {
  route.user = user;
  route.password = secret(password);
  return route;
}

delivery_report send(const mail_route& route, const outgoing_mail& mail = a_mail(), milliseconds timeout = patience) {
  return smtp_transport("client.example.org").deliver(mail, route, timeout);
}

class smtp_transport_plain : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  mail_server& start(std::vector<std::string> arguments = {}) { return server_.emplace(std::move(arguments)); }
  delivery result(const mail_route& route, const outgoing_mail& mail = a_mail()) { return send(route, mail).result; }
  json only_message() {
    const auto messages = server_->messages();
    EXPECT_EQ(messages.size(), 1U);
    return messages.empty() ? json::object() : messages.front();
  }

  std::optional<mail_server> server_;
};

TEST_F(smtp_transport_plain, hands_over_the_message_word_for_word) {
  const auto& server = start();
  ASSERT_EQ(result(plain_route(server)), delivery::accepted);
  const auto got = only_message();
  EXPECT_EQ(got.at("from"), "site@example.org");
  EXPECT_EQ(got.at("to"), json::array({"ada@example.org"}));
  EXPECT_EQ(got.at("text"), a_mail().text);
}

TEST_F(smtp_transport_plain, ends_a_message_without_a_line_end) {
  const auto& server = start();
  auto mail = a_mail();
  mail.text = "Subject: a word\r\n\r\nGood morning.";
  ASSERT_EQ(result(plain_route(server), mail), delivery::accepted);
  EXPECT_EQ(only_message().at("text"), mail.text + "\r\n");
}

TEST_F(smtp_transport_plain, greets_with_its_name) {
  const auto& server = start();
  ASSERT_EQ(result(plain_route(server)), delivery::accepted);
  EXPECT_EQ(only_message().at("greeted_as"), "client.example.org");
}

TEST_F(smtp_transport_plain, greets_as_localhost_when_its_name_is_none) {
  const auto& server = start();
  ASSERT_EQ(smtp_transport("a/b\r\nMAIL").deliver(a_mail(), plain_route(server), patience).result, delivery::accepted);
  EXPECT_EQ(only_message().at("greeted_as"), "localhost");
}

TEST_F(smtp_transport_plain, goes_past_the_environments_proxy) {
  const auto& server = start();
  setenv("ALL_PROXY", "socks5h://127.0.0.1:1", 1);
  const auto got = result(plain_route(server));
  unsetenv("ALL_PROXY");
  EXPECT_EQ(got, delivery::accepted);
}

TEST_F(smtp_transport_plain, works_for_several_threads_at_once) {
  const auto& server = start();
  const auto route = plain_route(server);
  smtp_transport transport("client.example.org");
  std::vector<delivery> results(4);
  std::vector<std::thread> threads;
  for (auto& r : results) threads.emplace_back([&] { r = transport.deliver(a_mail(), route, patience).result; });
  for (auto& t : threads) t.join();
  EXPECT_EQ(results, std::vector(4, delivery::accepted));
  EXPECT_EQ(server_->messages().size(), 4U);
}

TEST_F(smtp_transport_plain, refuses_addresses_that_hold_commands) {
  const auto& server = start();
  for (const std::string bad : {"ada@example.org>\r\nRCPT TO:<eve@example.org", "ada\n@example.org", "ada", ""}) {
    auto mail = a_mail();
    mail.recipient = bad;
    EXPECT_EQ(result(plain_route(server), mail), delivery::refused) << bad;
    mail = a_mail();
    mail.sender = bad;
    EXPECT_EQ(result(plain_route(server), mail), delivery::refused) << bad;
  }
  EXPECT_TRUE(server_->messages().empty());
}

TEST_F(smtp_transport_plain, defers_when_nobody_listens) {
  auto& server = start();
  const auto route = plain_route(server);
  server.stop();
  EXPECT_EQ(result(route), delivery::deferred);
}

TEST_F(smtp_transport_plain, defers_when_the_server_has_no_address) {
  mail_route route;
  for (const std::string name : {"mail.invalid", "127.0.0.1/x", "user@127.0.0.1", ""}) {
    route.server = name;
    EXPECT_EQ(result(route), delivery::deferred) << name;
  }
}

TEST_F(smtp_transport_plain, tells_code_and_error_but_nothing_that_the_server_said) {
  const auto& server = start({"--fail", "RCPT=550 no ada@example.org here"});
  const auto report = send(plain_route(server));
  EXPECT_NE(report.detail.find("550"), std::string::npos) << report.detail;
  EXPECT_EQ(report.detail.find("ada"), std::string::npos) << report.detail;
}

TEST_F(smtp_transport_plain, has_accepted_even_if_nobody_answers_its_farewell) {
  const auto& server = start({"--hang", "QUIT"});
  EXPECT_EQ(send(plain_route(server), a_mail(), std::chrono::seconds(5)).result, delivery::accepted);
}

TEST_F(smtp_transport_plain, uses_smtputf8_where_it_is_offered) {
  const auto& server = start({"--utf8"});
  auto mail = a_mail();
  mail.recipient = "o\u2019hara@example.org";
  ASSERT_EQ(result(plain_route(server), mail), delivery::accepted);
  const auto got = only_message();
  EXPECT_EQ(got.at("to"), json::array({"o\u2019hara@example.org"}));
  EXPECT_TRUE(got.at("utf8"));
}

TEST_F(smtp_transport_plain, refuses_an_address_that_needs_smtputf8_where_it_is_not_offered) {
  const auto& server = start();
  auto mail = a_mail();
  mail.recipient = "o\u2019hara@example.org";
  const auto report = send(plain_route(server), mail);
  EXPECT_EQ(report.result, delivery::refused);
  EXPECT_EQ(report.detail, "SMTPUTF8 is not offered");
}

TEST_F(smtp_transport_plain, requires_starttls_where_the_route_does) {
  const auto& server = start();
  auto route = plain_route(server);
  route.security = mail_security::starttls;
  EXPECT_EQ(result(route), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_F(smtp_transport_plain, logs_in_where_that_is_offered) {
  for (const std::string ways : {"PLAIN", "LOGIN", "LOGIN PLAIN"}) {
    const auto& server = start({"--auth", ways});
    ASSERT_EQ(result(with_login(plain_route(server))), delivery::accepted) << ways;
    EXPECT_TRUE(only_message().at("logged_in")) << ways;
  }
}

TEST_F(smtp_transport_plain, does_not_log_in_without_user_or_password) {
  for (const auto& [user, password] : {std::pair("ada", ""), std::pair("", "opens sesame"), std::pair("", "")}) {
    const auto& server = start({"--auth", "PLAIN LOGIN"});
    ASSERT_EQ(result(with_login(plain_route(server), user, password)), delivery::accepted);
    EXPECT_FALSE(only_message().at("logged_in"));
  }
}

TEST_F(smtp_transport_plain, sends_without_login_where_none_is_offered) {
  const auto& server = start();
  ASSERT_EQ(result(with_login(plain_route(server))), delivery::accepted);
  EXPECT_FALSE(only_message().at("logged_in"));
}

TEST_F(smtp_transport_plain, is_refused_with_a_wrong_password) {
  const auto& server = start({"--auth", "PLAIN LOGIN"});
  EXPECT_EQ(result(with_login(plain_route(server), "ada", "opens barley")), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_F(smtp_transport_plain, is_refused_where_only_unknown_ways_to_log_in_are_offered) {
  const auto& server = start({"--auth", "X-KNOCK"});
  EXPECT_EQ(result(with_login(plain_route(server))), delivery::refused);
}

class smtp_transport_at_step : public smtp_transport_plain, public ::testing::WithParamInterface<const char*> {
 protected:
  mail_route route() { return with_login(plain_route(*server_)); }
  std::string step() const { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(, smtp_transport_at_step, ::testing::Values("GREETING", "AUTH", "MAIL", "RCPT", "DATA", "END"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(smtp_transport_at_step, is_refused_by_5xx) {
  start({"--auth", "PLAIN", "--fail", step() + "=554 5.7.1 no"});
  EXPECT_EQ(result(route()), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_P(smtp_transport_at_step, is_deferred_by_4xx) {
  start({"--auth", "PLAIN", "--fail", step() + "=454 4.7.0 later"});
  EXPECT_EQ(result(route()), delivery::deferred);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_P(smtp_transport_at_step, is_deferred_when_the_connection_is_lost) {
  start({"--auth", "PLAIN", "--drop", step()});
  EXPECT_EQ(result(route()), delivery::deferred);
}

TEST_P(smtp_transport_at_step, is_deferred_when_no_answer_comes_in_time) {
  start({"--auth", "PLAIN", "--hang", step()});
  EXPECT_EQ(send(route(), a_mail(), haste).result, delivery::deferred);
}

// Without the stop it would take as long as the deadline.
TEST_P(smtp_transport_at_step, is_deferred_as_soon_as_the_server_stops) {
  start({"--auth", "PLAIN", "--hang", step()});
  smtp_transport transport("client.example.org");
  const auto begun = std::chrono::steady_clock::now();
  std::jthread stopping([&] {
    std::this_thread::sleep_for(haste);
    transport.stop();
  });
  EXPECT_EQ(transport.deliver(a_mail(), route(), 4 * patience).result, delivery::deferred);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2 * patience);
}

class smtp_transport_encrypted : public smtp_transport_plain, public ::testing::WithParamInterface<mail_security> {
 protected:
  static void SetUpTestSuite() {
    smtp_transport_plain::SetUpTestSuite();
    files_ = std::make_unique<certificates>();
  }
  static void TearDownTestSuite() { files_.reset(); }
  void SetUp() override { ASSERT_TRUE(files_->ok()); }

  mail_route start_with(const std::string& certificate, std::vector<std::string> more = {}) {
    more.insert(more.end(), {GetParam() == mail_security::tls ? "--tls" : "--starttls", "--certificate",
                             files_->file(certificate), "--key", files_->file("server.key")});
    auto route = plain_route(start(std::move(more)));
    route.server = "localhost";
    route.security = GetParam();
    route.authorities = files_->file("ca.pem");
    return route;
  }

  static inline std::unique_ptr<certificates> files_;
};
INSTANTIATE_TEST_SUITE_P(, smtp_transport_encrypted, ::testing::Values(mail_security::starttls, mail_security::tls),
                         [](const auto& info) { return info.param == mail_security::tls ? "tls" : "starttls"; });

TEST_P(smtp_transport_encrypted, trusts_the_routes_authorities) {
  ASSERT_EQ(result(start_with("server.pem")), delivery::accepted);
  EXPECT_TRUE(only_message().at("encrypted"));
}

TEST_P(smtp_transport_encrypted, logs_in_within_the_encrypted_connection) {
  ASSERT_EQ(result(with_login(start_with("server.pem", {"--auth", "PLAIN"}))), delivery::accepted);
  EXPECT_TRUE(only_message().at("logged_in"));
}

TEST_P(smtp_transport_encrypted, asks_for_smtputf8_within_the_encrypted_connection) {
  auto mail = a_mail();
  mail.recipient = "o\u2019hara@example.org";
  ASSERT_EQ(result(start_with("server.pem", {"--utf8"}), mail), delivery::accepted);
  EXPECT_TRUE(only_message().at("utf8"));
}

TEST_P(smtp_transport_encrypted, refuses_a_certificate_of_another_authority) {
  auto route = start_with("server.pem");
  route.authorities = files_->file("other-ca.pem");
  EXPECT_EQ(result(route), delivery::refused);
  route.authorities.reset();
  EXPECT_EQ(result(route), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_P(smtp_transport_encrypted, refuses_a_certificate_for_another_host) {
  auto route = start_with("server.pem");
  route.server = "127.0.0.1";
  EXPECT_EQ(result(route), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_P(smtp_transport_encrypted, refuses_an_expired_certificate) {
  EXPECT_EQ(result(start_with("expired.pem")), delivery::refused);
  EXPECT_TRUE(server_->messages().empty());
}

TEST_P(smtp_transport_encrypted, refuses_any_certificate_without_a_file_of_authorities) {
  auto route = start_with("server.pem");
  route.authorities = files_->file("names");
  EXPECT_EQ(result(route), delivery::refused);
}

TEST_P(smtp_transport_encrypted, takes_any_certificate_where_the_route_does) {
  auto route = start_with("expired.pem");
  route.server = "127.0.0.1";
  route.authorities = files_->file("other-ca.pem");
  route.verify_certificate = false;
  ASSERT_EQ(result(route), delivery::accepted);
  EXPECT_TRUE(only_message().at("encrypted"));
}

TEST_P(smtp_transport_encrypted, defers_when_the_connection_is_lost_before_it_is_safe) {
  const std::string step = GetParam() == mail_security::tls ? "GREETING" : "STARTTLS";
  EXPECT_EQ(result(start_with("server.pem", {"--drop", step})), delivery::deferred);
}

TEST_P(smtp_transport_encrypted, follows_the_servers_word_on_starttls) {
  if (GetParam() == mail_security::tls) return;
  EXPECT_EQ(result(start_with("server.pem", {"--fail", "STARTTLS=454 later"})), delivery::deferred);
  EXPECT_EQ(result(start_with("server.pem", {"--fail", "STARTTLS=554 never"})), delivery::refused);
}

}  // namespace
