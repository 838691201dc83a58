// How often the clients of one process log in to an etcd that asks for a user.
#include <gtest/gtest.h>

#include <barrier>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "net/curl_handles.hpp"
#include "net/etcd/shared_login.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;

std::size_t append(char* data, std::size_t, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(data, size);
  return size;
}

/// How many logins that member has answered since it was started.
std::size_t logins_at(const std::string& url) {
  const easy_ptr handle(curl_easy_init());
  const std::string address = url + "/metrics";
  std::string text;
  curl_easy_setopt(handle.get(), CURLOPT_URL, address.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &text);
  EXPECT_EQ(curl_easy_perform(handle.get()), CURLE_OK);
  std::size_t all = 0;
  for (std::size_t at = text.find("\ngrpc_server_handled_total{"); at != std::string::npos;
       at = text.find("\ngrpc_server_handled_total{", at + 1)) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    if (line.find("\"Authenticate\"") == std::string::npos) continue;
    all += std::stoul(line.substr(line.rfind(' ') + 1));
  }
  return all;
}

/// Ten clients that share a login, or several.
class etcd_logins : public testing::Test {
 protected:
  static constexpr std::ptrdiff_t number = 10;

  void SetUp() override {
    ASSERT_TRUE(server.ok()) << server.error();
    shared.login = std::make_shared<shared_login>();
  }

  options with_time(std::chrono::milliseconds time) {
    auto o = shared;
    o.request_time = time;
    return o;
  }

  void make_clients() {
    for (std::ptrdiff_t n = 0; n < number; ++n) clients.emplace_back(shared);
  }

  /// What all of them get that write at once.
  std::vector<outcome<std::uint64_t>> all_write() {
    std::barrier together(number);
    std::vector<outcome<std::uint64_t>> got(number);
    std::vector<std::jthread> threads;
    for (std::size_t n = 0; n < clients.size(); ++n)
      threads.emplace_back([&, n] {
        together.arrive_and_wait();
        got[n] = clients[n].put("authnz/" + std::to_string(n), "v");
      });
    threads.clear();
    return got;
  }

  static void expect_all(const std::vector<outcome<std::uint64_t>>& got) {
    for (const auto& one : got) EXPECT_TRUE(one) << one.error().text;
  }

  void throw_tokens_away() {
    server.ctl({"auth", "disable"});
    ASSERT_NE(server.ctl({"auth", "enable"}).find("Authentication Enabled"), std::string::npos);
  }

  std::size_t logins() const {
    std::size_t all = 0;
    for (std::size_t n = 0; n < shared.endpoints.size(); ++n) all += logins_at(server.url(n));
    return all;
  }

  tests::etcd_server server{{.authentication = true}};
  options shared = server.client_options();
  std::deque<client> clients;
};

TEST_F(etcd_logins, ten_clients_that_begin_at_once_log_in_once) {
  make_clients();
  const auto before = logins();
  expect_all(all_write());
  EXPECT_EQ(logins() - before, 1U);
}

TEST_F(etcd_logins, clients_that_share_none_log_in_each) {
  shared.login = nullptr;
  make_clients();
  const auto before = logins();
  expect_all(all_write());
  EXPECT_EQ(logins() - before, 10U);
}

TEST_F(etcd_logins, a_token_that_was_thrown_away_is_renewed_once_for_all) {
  make_clients();
  expect_all(all_write());
  throw_tokens_away();
  const auto before = logins();
  expect_all(all_write());
  EXPECT_EQ(logins() - before, 1U);
}

TEST_F(etcd_logins, a_watch_begins_with_the_token_that_is_there) {
  client etcd(shared);
  const auto revision = etcd.put("authnz/k", "v");
  ASSERT_TRUE(revision) << revision.error().text;
  const auto before = logins();
  watch w(shared, "authnz/", "authnz0", *revision);
  const auto events = w.next(10s);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_EQ(events->size(), 1U);
  EXPECT_EQ(logins(), before);
}

TEST_F(etcd_logins, a_watch_renews_a_token_that_was_thrown_away_for_all) {
  client etcd(shared);
  const auto revision = etcd.put("authnz/k", "v");
  ASSERT_TRUE(revision) << revision.error().text;
  throw_tokens_away();
  const auto before = logins();
  watch w(shared, "authnz/", "authnz0", *revision);
  const auto events = w.next(10s);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_EQ(events->size(), 1U);
  const auto again = etcd.put("authnz/k", "v");
  EXPECT_TRUE(again) << again.error().text;
  EXPECT_EQ(logins() - before, 1U);
}

TEST_F(etcd_logins, a_watch_of_what_its_user_may_not_read_logs_in_no_more_than_once) {
  client etcd(shared);
  ASSERT_TRUE(etcd.put("authnz/k", "v"));
  const auto before = logins();
  watch w(shared, "elsewhere", "", 1);
  const auto events = w.next(10s);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().what, kind::refused) << events.error().text;
  EXPECT_LE(logins() - before, 1U);
}

TEST_F(etcd_logins, a_wrong_password_is_refused_for_all) {
  shared.password = proto::secret("a wrong word");
  make_clients();
  for (int round = 0; round < 2; ++round) {
    const auto before = logins();
    for (const auto& one : all_write()) {
      ASSERT_FALSE(one);
      EXPECT_EQ(one.error().what, kind::refused);
      EXPECT_NE(one.error().text.find("check the user node and its password"), std::string::npos) << one.error().text;
    }
    EXPECT_LE(logins() - before, 10U);
  }
}

TEST_F(etcd_logins, a_client_that_is_stopped_does_not_wait_for_anothers_login) {
  server.freeze();
  client first(with_time(1h)), second(with_time(1h));
  outcome<std::uint64_t> of_first, of_second;
  std::jthread one([&] { of_first = first.put("authnz/1", "v"); });
  std::this_thread::sleep_for(100ms);
  std::jthread two([&] { of_second = second.put("authnz/2", "v"); });
  std::this_thread::sleep_for(100ms);
  second.stop();
  two.join();
  ASSERT_FALSE(of_second);
  EXPECT_EQ(of_second.error().what, kind::not_sent);
  server.thaw();
  one.join();
  EXPECT_TRUE(of_first) << of_first.error().text;
}

TEST_F(etcd_logins, a_client_goes_on_when_the_one_that_logs_in_is_stopped) {
  server.freeze();
  client first(with_time(1h)), second(with_time(1h));
  outcome<std::uint64_t> of_first, of_second;
  std::jthread one([&] { of_first = first.put("authnz/1", "v"); });
  std::this_thread::sleep_for(100ms);
  std::jthread two([&] { of_second = second.put("authnz/2", "v"); });
  std::this_thread::sleep_for(100ms);
  first.stop();
  one.join();
  EXPECT_FALSE(of_first);
  server.thaw();
  two.join();
  EXPECT_TRUE(of_second) << of_second.error().text;
}

TEST(etcd_logins_that_are_slow, are_waited_for_by_requests_that_are_hasty) {
  tests::etcd_server server({.authentication = true, .options = {"--bcrypt-cost", "12"}});
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.request_time = 150ms;
  client etcd(o);
  bool is_read = false;
  for (int tries = 0; tries < 10 && !is_read; ++tries) is_read = etcd.range("authnz/k").has_value();
  EXPECT_TRUE(is_read);
}

// Tokens have ended wherever they were not used, as after some minutes of service.
TEST(etcd_logins_at_three_members, are_renewed_once_for_all_at_another_when_one_is_lost) {
  tests::etcd_server server({.members = 3, .authentication = true, .options = {"--auth-token-ttl", "1"}});
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  o.health = std::make_shared<member_health>(3);
  o.login = std::make_shared<shared_login>();
  std::deque<client> clients;
  for (int n = 0; n < 10; ++n) clients.emplace_back(o);
  for (const auto end = std::chrono::steady_clock::now() + 3s; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(100ms))
    ASSERT_TRUE(clients[0].range("authnz/k"));
  server.kill(0);
  ASSERT_TRUE(server.wait_for_leader());
  const auto before = logins_at(server.url(1)) + logins_at(server.url(2));
  std::vector<std::jthread> threads;
  threads.reserve(clients.size());
  for (auto& one : clients)
    threads.emplace_back([&one] {
      const auto got = one.range("authnz/k");
      EXPECT_TRUE(got) << got.error().text;
    });
  threads.clear();
  EXPECT_EQ(logins_at(server.url(1)) + logins_at(server.url(2)) - before, 1U);
}

TEST(etcd_logins_at_three_members, are_good_at_each_of_them) {
  tests::etcd_server server({.members = 3, .authentication = true});
  ASSERT_TRUE(server.ok()) << server.error();
  auto o = server.client_options();
  client etcd(o);
  std::size_t before = 0, after = 0;
  for (std::size_t n = 0; n < 3; ++n) before += logins_at(server.url(n));
  for (const auto& member : etcd.status()) EXPECT_TRUE(member.answers) << member.why;
  for (std::size_t n = 0; n < 3; ++n) after += logins_at(server.url(n));
  EXPECT_EQ(after - before, 1U);
}

}  // namespace
}  // namespace authnz::net::etcd
