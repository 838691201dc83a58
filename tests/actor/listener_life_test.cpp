#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "tests/actor/listener_rig.hpp"

namespace authnz::net::test {
namespace {

auto in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

template <class Condition>
bool eventually(Condition holds) {
  for (int i = 0; i < 500 && !holds(); ++i) std::this_thread::sleep_for(10ms);
  return holds();
}

listener_options impatient(std::chrono::milliseconds head, std::chrono::milliseconds body,
                           std::chrono::milliseconds idle) {
  auto o = quick_options();
  o.header_timeout = head;
  o.body_timeout = body;
  o.idle_timeout = idle;
  return o;
}

TEST(listener, closes_a_connection_that_is_idle_too_long) {
  rig r(impatient(5s, 5s, 100ms));
  client c(r.port());
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, closes_a_head_that_trickles_in) {
  rig r(impatient(200ms, 5s, 5s));
  client c(r.port());
  c.send("GET /health/live HTTP/1.1\r\n");
  ASSERT_TRUE(eventually([&] { return r.server.stats().open == 1; }));
  const auto ended = [&] { return r.server.stats().open == 0; };
  for (int i = 0; i < 100 && !ended(); ++i) {
    c.send("X: y\r\n");
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(ended());
  EXPECT_EQ(r.server.stats().timed_out, 1U);
}

TEST(listener, closes_a_body_that_does_not_come) {
  rig r(impatient(5s, 100ms, 5s));
  client c(r.port());
  c.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, answers_what_arrived_before_a_request_that_does_not) {
  rig r(impatient(100ms, 5s, 5s));
  client c(r.port());
  c.send(post(r.sealed("keep", 1)) + "GET /hea");
  const auto kept = r.door.take_kept(1);
  std::this_thread::sleep_for(300ms);
  scripted_door::answer(*kept.front());
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":1})");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, waits_for_an_answer_longer_than_for_a_request) {
  rig r(impatient(50ms, 50ms, 50ms));
  client c(r.port());
  c.send(post(r.sealed("keep", 1)));
  const auto kept = r.door.take_kept(1);
  std::this_thread::sleep_for(300ms);
  scripted_door::answer(*kept.front());
  EXPECT_EQ(c.receive().status, 200);
}

TEST(listener, answers_a_client_that_has_shut_down_its_sending_side) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)));
  c.finish_sending();
  const auto kept = r.door.take_kept(1);
  std::this_thread::sleep_for(20ms);
  scripted_door::answer(*kept.front());
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":1})");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, survives_a_client_that_goes_before_its_answer) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)) + post(r.sealed("keep", 2)));
  auto kept = r.door.take_kept(2);
  c.close();
  for (auto& ex : kept) {
    scripted_door::answer(*ex);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(eventually([&] { return r.server.stats().open == 0 && r.server.stats().in_flight == 0; }));
  EXPECT_EQ(client(r.port()).ask(get("/health/live")).status, 200);
}

TEST(listener, serves_hundreds_of_connections_on_several_threads) {
  auto o = quick_options();
  o.io_threads = 3;
  rig r(o);
  std::vector<std::unique_ptr<client>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<client>(r.port()));
  for (int i = 0; i < 300; ++i) clients[static_cast<std::size_t>(i)]->send(post(r.sealed("echo", i)));
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(r.opened(clients[static_cast<std::size_t>(i)]->receive().body), "{\"reqid\":" + std::to_string(i) + "}");
  EXPECT_EQ(r.server.stats().open, 300U);
}

TEST(listener, refuses_connections_beyond_the_limit) {
  auto o = quick_options();
  o.max_connections = 2;
  rig r(o);
  client a(r.port());
  auto b = std::make_unique<client>(r.port());
  EXPECT_EQ(a.ask(get("/health/live")).status, 200);
  EXPECT_EQ(b->ask(get("/health/live")).status, 200);
  EXPECT_EQ(client(r.port()).ask(get("/health/live")).status, 0);
  b.reset();
  EXPECT_TRUE(eventually([&] { return client(r.port()).ask(get("/health/live")).status == 200; }));
}

TEST(listener, says_that_its_port_is_in_use) {
  rig r;
  auto o = quick_options();
  o.port = r.port();
  listener second(o, r.door, r.keys, r.replays);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("in use"), std::string::npos) << started.error();
}

TEST(listener, draining_answers_all_and_closes_the_idle) {
  rig r;
  client busy(r.port());
  client idle(r.port());
  client begun(r.port());
  EXPECT_EQ(idle.ask(get("/health/live")).status, 200);
  busy.send(post(r.sealed("keep", 1)));
  begun.send("GET /health/rea");
  const auto kept = r.door.take_kept(1);
  ASSERT_TRUE(eventually([&] { return r.server.stats().open == 3; }));
  bool drained = false;
  std::jthread stopping([&] { drained = r.server.drain(in(5s)); });
  EXPECT_TRUE(idle.sees_end());
  begun.send("dy HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto ready = begun.receive();
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.fields.at("connection"), "close");
  scripted_door::answer(*kept.front());
  const auto reply = busy.receive();
  EXPECT_EQ(r.opened(reply.body), R"({"reqid":1})");
  EXPECT_EQ(reply.fields.at("connection"), "close");
  EXPECT_TRUE(busy.sees_end());
  stopping.join();
  EXPECT_TRUE(drained);
  EXPECT_THROW(client(r.port()), boost::system::system_error);
}

TEST(listener, draining_ends_with_its_deadline) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)));
  const auto kept = r.door.take_kept(1);
  EXPECT_FALSE(r.server.drain(in(100ms)));
  r.server.stop();
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, uses_new_keys_for_new_requests_and_old_ones_for_their_answers) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)));
  const auto kept = r.door.take_kept(1);
  r.server.set_keys(make_keyring("__________________________________________8="));
  EXPECT_TRUE(eventually([&] { return client(r.port()).ask(post(r.sealed("echo"))).status == 401; }));
  scripted_door::answer(*kept.front());
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":1})");
}

TEST(listener, survives_random_bytes) {
  rig r;
  std::mt19937 random(7);
  const std::string seed =
      post(r.sealed("echo")) + get("/health") +
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int i = 0; i < 400; ++i) {
    std::string bytes = seed;
    for (int k = i % 8; k >= 0; --k) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (i % 10 == 0)
      for (auto& b : bytes) b = static_cast<char>(random());
    client c(r.port());
    c.send(bytes.substr(0, random() % bytes.size() + 1));
    if (i % 3 == 0) c.finish_sending(), c.sees_end();
  }
  EXPECT_EQ(client(r.port()).ask(get("/health/live")).status, 200);
}

class certificate {
 public:
  certificate() {
    const auto command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost -keyout " +
        key() + " -out " + file() + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  certificate(const certificate&) = delete;
  certificate& operator=(const certificate&) = delete;
  ~certificate() { std::filesystem::remove_all(dir_); }
  std::string file() const { return dir_ + "/cert.pem"; }
  std::string key() const { return dir_ + "/key.pem"; }
  listener_options options() const {
    auto o = quick_options();
    o.tls_certificate_file = file();
    o.tls_key_file = key();
    return o;
  }

 private:
  static std::string make_dir() {
    std::string pattern = testing::TempDir() + "listener-XXXXXX";
    return mkdtemp(pattern.data());
  }
  std::string dir_ = make_dir();
};

using tls_client = raw_client<asio::ssl::stream<tcp::socket>>;

TEST(listener, speaks_tls) {
  const certificate cert;
  rig r(cert.options());
  asio::ssl::context context(asio::ssl::context::tls_client);
  tls_client c(r.port(), context);
  c.stream().handshake(asio::ssl::stream_base::client);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(r.opened(c.ask(post(r.sealed("echo", i))).body), "{\"reqid\":" + std::to_string(i) + "}");
  EXPECT_EQ(c.ask(post(std::string(1'100'000, 'A'))).status, 413);
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, refuses_old_tls_and_plain_http_on_a_tls_port) {
  const certificate cert;
  rig r(cert.options());
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_security_level(context.native_handle(), 0);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
  tls_client old(r.port(), context);
  boost::system::error_code ec;
  old.stream().handshake(asio::ssl::stream_base::client, ec);
  EXPECT_TRUE(ec);
  EXPECT_EQ(client(r.port()).ask(get("/health/live")).status, 0);
  EXPECT_TRUE(eventually([&] { return r.server.stats().tls_failures == 2; }));
}

TEST(listener, draining_closes_idle_tls_connections) {
  const certificate cert;
  rig r(cert.options());
  asio::ssl::context context(asio::ssl::context::tls_client);
  tls_client c(r.port(), context);
  c.stream().handshake(asio::ssl::stream_base::client);
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
  EXPECT_TRUE(r.server.drain(in(1s)));
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, keeps_its_certificate_when_the_new_one_is_broken) {
  const certificate cert;
  rig r(cert.options());
  EXPECT_TRUE(r.server.reload_tls());
  std::filesystem::resize_file(cert.file(), 10);
  EXPECT_FALSE(r.server.reload_tls());
  asio::ssl::context context(asio::ssl::context::tls_client);
  tls_client c(r.port(), context);
  c.stream().handshake(asio::ssl::stream_base::client);
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
}

TEST(listener, does_not_start_with_a_broken_certificate) {
  const certificate cert;
  auto o = cert.options();
  o.tls_key_file = cert.file();
  scripted_door door;
  rig r;
  listener l(o, r.door, r.keys, r.replays);
  const auto started = l.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find(cert.file()), std::string::npos);
}

}  // namespace
}  // namespace authnz::net::test
