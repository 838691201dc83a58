// What the client makes of members that die, hang, or never were, and of
// authorities, certificates and users that do not fit.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/etcd/client.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;

const transaction any_write{{}, {operation::put("k", "v")}, {}};

options with(std::vector<std::string> endpoints) {
  options o;
  o.endpoints = std::move(endpoints);
  return o;
}

bool mentions(const failure& f, const std::string& text) { return f.text.find(text) != std::string::npos; }

TEST(etcd_failures, nothing_was_sent_when_nobody_listens) {
  client etcd(with({"http://127.0.0.1:1", "http://127.0.0.1:2"}));
  const auto done = etcd.commit(any_write);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::not_sent);
  EXPECT_TRUE(mentions(done.error(), "http://127.0.0.1:2")) << done.error().text;
  EXPECT_EQ(etcd.range("k").error().what, kind::not_sent);
  EXPECT_FALSE(etcd.status().at(0).answers);
  EXPECT_FALSE(etcd.status().at(0).why.empty());
}

TEST(etcd_failures, the_outcome_is_unknown_when_a_member_hangs) {
  tests::etcd_server server;
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.request_time = 200ms;
  client etcd(o);
  server.freeze();
  const auto done = etcd.commit(any_write);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::unknown) << done.error().text;
  EXPECT_EQ(etcd.range("k").error().what, kind::not_sent) << "reads have no outcome";
  server.thaw();
}

TEST(etcd_failures, the_outcome_is_unknown_when_there_is_no_majority) {
  tests::etcd_server server({.members = 3});
  ASSERT_TRUE(server.ok()) << server.error();
  client etcd(server.client_options());
  server.kill(1);
  server.kill(2);
  const auto done = etcd.commit(any_write);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::unknown) << done.error().text;
}

TEST(etcd_failures, goes_on_with_the_next_member_when_one_is_killed) {
  tests::etcd_server server({.members = 3});
  ASSERT_TRUE(server.ok()) << server.error();
  client etcd(server.client_options());
  ASSERT_TRUE(etcd.commit(any_write));
  server.kill(0);
  ASSERT_TRUE(server.wait_for_leader());
  EXPECT_TRUE(etcd.commit(any_write)) << "the dead member's connection is closed: nothing was sent there";
  EXPECT_TRUE(etcd.range("k"));
  const auto all = etcd.status();
  EXPECT_FALSE(all.at(0).answers);
  EXPECT_TRUE(all.at(1).answers && all.at(2).answers);
  EXPECT_NE(all[1].leads, all[2].leads);
}

TEST(etcd_failures, reads_from_the_next_member_when_one_hangs) {
  tests::etcd_server server({.members = 3});
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.request_time = 3s;
  client etcd(o);
  server.freeze(0);
  ASSERT_TRUE(server.wait_for_leader());
  const auto found = etcd.range("k");
  EXPECT_TRUE(found) << found.error().text;
  const auto done = etcd.commit(any_write);
  EXPECT_TRUE(done) << "the next one is asked first from then on: " << done.error().text;
  server.thaw(0);
}

/// Takes one connection, reads from it, and ends it without an answer; then
/// takes no more.
class silent_server {
 public:
  silent_server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(fd_, 5);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~silent_server() {
    thread_ = {};
    close(fd_);
  }
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;

  /// Answers like this, `times` times, each on its own connection.
  void answer(const std::string& text, int times = 1) {
    thread_ = std::jthread([this, text, times] {
      for (int i = 0; i < times; ++i) {
        const int one = accept(fd_, nullptr, nullptr);
        char buffer[4096];
        if (read(one, buffer, sizeof buffer) > 0 && !text.empty()) (void)!write(one, text.data(), text.size());
        shutdown(one, SHUT_WR);
        while (read(one, buffer, sizeof buffer) > 0) continue;
        close(one);
      }
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::jthread thread_;
};

TEST(etcd_failures, the_outcome_is_unknown_when_the_connection_ends_without_an_answer) {
  silent_server server;
  server.answer("");
  client etcd(with({server.url()}));
  const auto done = etcd.commit(any_write);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::unknown) << done.error().text;
}

std::string http(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

TEST(etcd_failures, every_answer_that_leaves_it_open_makes_the_outcome_unknown) {
  for (const std::string& answer :
       {http("503 Service Unavailable", R"({"error":"etcdserver: leader changed","code":14})"),
        http("503 Service Unavailable", R"({"message":"etcdserver: request timed out","code":14})"),
        http("504 Gateway Timeout", R"({"error":"context deadline exceeded","code":4})"),
        http("500 Internal Server Error", R"({"error":"something","code":13})"),
        http("500 Internal Server Error", R"({"error":"something","code":2})"),
        http("502 Bad Gateway", "<html>no JSON</html>"), http("500 Internal Server Error", ""), http("200 OK", ""),
        http("200 OK", "{}"), http("200 OK", "[]"), http("200 OK", R"({"header":{"revision":"x"},"succeeded":true})"),
        http("200 OK", R"({"header":{"revision":"7"},"succeeded":true,"responses":[]})"),
        http("200 OK", R"({"header":{"revision":"7"},"succeeded":true,"responses":[{"response_range":{}}]})"),
        http("200 OK", R"({"header":{"revision":"7"},"succeeded)"), std::string("HTTP/1.1 200 OK\r\nContent-Len"),
        std::string("no HTTP")}) {
    silent_server server;
    server.answer(answer);
    client etcd(with({server.url()}));
    const auto done = etcd.commit(any_write);
    ASSERT_FALSE(done) << answer;
    EXPECT_EQ(done.error().what, kind::unknown) << answer << "\n" << done.error().text;
  }
}

TEST(etcd_failures, an_answer_without_end_is_not_collected) {
  silent_server server;
  server.answer("HTTP/1.1 200 OK\r\n\r\n{\"a\":\"" + std::string(std::size_t{70} << 20, 'x'));
  auto o = with({server.url()});
  o.request_time = 20s;
  client etcd(o);
  const auto found = etcd.range("k");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, kind::too_large) << found.error().text;
}

TEST(etcd_failures, what_etcd_says_stays_on_one_line) {
  silent_server server;
  server.answer(http("400 Bad Request", R"({"error":"a\nb\u001b[31m","code":3})"));
  client etcd(with({server.url()}));
  const auto done = etcd.commit(any_write);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text, "etcd at " + server.url() + ": a b [31m");
}

TEST(etcd_failures, a_stopped_client_ends_its_call_and_makes_no_other) {
  tests::etcd_server server;
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.request_time = 100s;
  client etcd(o);
  server.freeze();
  std::jthread other([&] {
    std::this_thread::sleep_for(50ms);
    etcd.stop();
  });
  EXPECT_EQ(etcd.commit(any_write).error().what, kind::unknown);
  EXPECT_EQ(etcd.commit(any_write).error().what, kind::not_sent);
  server.thaw();
}

class etcd_over_tls : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server.ok()) << server.error(); }

  failure refusal_of(const options& o) {
    client etcd(o);
    const auto done = etcd.commit(any_write);
    EXPECT_FALSE(done);
    return done ? failure{} : done.error();
  }

  tests::etcd_server server{{.tls = true}};
  options right = server.client_options();
};

TEST_F(etcd_over_tls, serves_whoever_has_a_certificate) {
  client etcd(right);
  const auto done = etcd.commit(any_write);
  EXPECT_TRUE(done) << done.error().text;
  watch w(right, "k", "", 1);
  const auto events = w.next(10s);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_EQ(events->size(), 1U);
}

TEST_F(etcd_over_tls, a_member_of_another_authority_is_not_spoken_to) {
  right.ca_file = server.file("other-ca.pem");
  const auto f = refusal_of(right);
  EXPECT_EQ(f.what, kind::not_sent);
  EXPECT_TRUE(mentions(f, "other-ca.pem")) << f.text;
}

TEST_F(etcd_over_tls, a_member_is_not_spoken_to_without_an_authority) {
  right.ca_file = "";
  EXPECT_EQ(refusal_of(right).what, kind::not_sent);
}

TEST_F(etcd_over_tls, a_member_whose_certificate_has_another_name_is_not_spoken_to) {
  std::string& url = right.endpoints.at(0);
  url.replace(url.find("localhost"), 9, "127.0.0.1");
  const auto f = refusal_of(right);
  EXPECT_EQ(f.what, kind::not_sent);
  EXPECT_TRUE(mentions(f, "certificate")) << f.text;
}

TEST_F(etcd_over_tls, a_client_without_a_certificate_is_told_to_have_one) {
  right.certificate_file = right.key_file = "";
  const auto f = refusal_of(right);
  EXPECT_EQ(f.what, kind::not_sent);
  EXPECT_TRUE(mentions(f, "client certificate")) << f.text;
}

TEST_F(etcd_over_tls, a_file_that_is_missing_is_named) {
  auto o = right;
  o.ca_file = server.file("nothing.pem");
  EXPECT_TRUE(mentions(refusal_of(o), "nothing.pem"));
  o = right;
  o.certificate_file = server.file("nothing.pem");
  EXPECT_TRUE(mentions(refusal_of(o), "nothing.pem"));
}

TEST(etcd_over_tls_with_users, a_certificate_with_a_common_name_is_refused_in_clear_words) {
  tests::etcd_server server({.tls = true, .authentication = true});
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  EXPECT_TRUE(client(o).put("authnz/k", "v"));
  o.certificate_file = server.file("named.pem");
  o.key_file = server.file("named.key");
  const auto done = client(o).put("authnz/k", "v");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::refused);
  EXPECT_TRUE(mentions(done.error(), "no CommonName")) << done.error().text;
}

class etcd_with_users : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server.ok()) << server.error(); }

  outcome<std::uint64_t> put(const options& o, const std::string& key) { return client(o).put(key, "v"); }

  tests::etcd_server server{{.authentication = true, .options = {"--auth-token-ttl", "1"}}};
  options right = server.client_options();
};

TEST_F(etcd_with_users, a_user_writes_below_the_prefix_and_nowhere_else) {
  const auto done = put(right, "authnz/k");
  EXPECT_TRUE(done) << done.error().text;
  const auto other = put(right, "k");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what, kind::refused);
  EXPECT_TRUE(mentions(other.error(), "permission")) << other.error().text;
}

TEST_F(etcd_with_users, a_wrong_password_is_refused_and_not_shown) {
  right.password = proto::secret("a wrong word");
  const auto done = put(right, "authnz/k");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::refused);
  EXPECT_TRUE(mentions(done.error(), "check the user node and its password")) << done.error().text;
  EXPECT_FALSE(mentions(done.error(), "a wrong word"));
  watch w(right, "authnz/", "authnz0", 1);
  const auto events = w.next(10s);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().what, kind::refused) << events.error().text;
}

TEST_F(etcd_with_users, a_password_may_have_any_characters_and_must_be_right) {
  const std::string odd = "\"\\ \t\u00e9";
  for (const std::string& wrong : {odd, std::string("\xff\xc3"), std::string("\xf0"), std::string(5000, '"')}) {
    right.password = proto::secret(wrong);
    const auto done = put(right, "authnz/k");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().what, kind::unknown) << done.error().text;
  }
  server.ctl({"user", "add", "odd:" + odd});
  server.ctl({"user", "grant-role", "odd", "nodes"});
  right.user = "odd";
  right.password = proto::secret(odd);
  const auto done = put(right, "authnz/k");
  EXPECT_TRUE(done) << done.error().text;
}

TEST_F(etcd_with_users, who_has_no_user_is_told_to_have_one) {
  right.user = "";
  const auto done = put(right, "authnz/k");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::refused);
  EXPECT_TRUE(mentions(done.error(), "a user and a password")) << done.error().text;
}

TEST_F(etcd_with_users, a_token_that_has_ended_is_renewed) {
  client etcd(right);
  ASSERT_TRUE(etcd.put("authnz/k", "1"));
  std::this_thread::sleep_for(2500ms);
  const auto done = etcd.put("authnz/k", "2");
  EXPECT_TRUE(done) << done.error().text;
}

TEST_F(etcd_with_users, a_token_that_a_restart_forgot_is_renewed) {
  client etcd(right);
  ASSERT_TRUE(etcd.put("authnz/k", "1"));
  ASSERT_TRUE(server.restart());
  const auto done = etcd.put("authnz/k", "2");
  EXPECT_TRUE(done) << done.error().text;
}

TEST_F(etcd_with_users, a_watch_sees_what_its_user_may_read) {
  const auto revision = put(right, "authnz/k");
  ASSERT_TRUE(revision) << revision.error().text;
  watch w(right, "authnz/", "authnz0", *revision);
  const auto events = w.next(10s);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_EQ(events->size(), 1U);
  watch elsewhere(right, "k", "", 1);
  const auto refused = elsewhere.next(10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, kind::refused) << refused.error().text;
}

TEST_F(etcd_with_users, the_state_of_the_members_needs_no_more_rights) {
  const auto all = client(right).status();
  EXPECT_TRUE(all.at(0).answers) << all[0].why;
  EXPECT_EQ(all[0].name, "m0");
}

TEST(etcd_without_users, a_user_that_nobody_asks_for_does_no_harm) {
  tests::etcd_server server;
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.user = "node";
  o.password = proto::secret("word");
  const auto done = client(o).put("k", "v");
  EXPECT_TRUE(done) << done.error().text;
}

}  // namespace
}  // namespace authnz::net::etcd
