#include "net/metrics_listener.hpp"

#include "tests/actor/listener_rig.hpp"

namespace authnz::net::test {
namespace {

metrics_listener_options on_a_free_port() {
  metrics_listener_options o;
  o.port = 0;
  return o;
}

/// A running listener that tells how often it was asked.
struct metrics_rig {
  explicit metrics_rig(metrics_listener_options o = on_a_free_port())
      : server(std::move(o), {[this] { return "asked " + std::to_string(++asked) + "\n"; },
                              [this] { return ready ? std::nullopt : std::optional<std::string>("stopping"); }}) {
    const auto started = server.start();
    EXPECT_TRUE(started) << started.error();
  }

  std::atomic<int> asked{0};
  std::atomic<bool> ready{true};
  metrics_listener server;
};

http_reply asked_once(const metrics_rig& r, std::string_view bytes) { return client(r.server.port()).ask(bytes); }

TEST(metrics_listener, tells_the_metrics_as_prometheus_text) {
  metrics_rig r;
  client c(r.server.port());
  const auto reply = c.ask(get("/metrics"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "asked 1\n");
  EXPECT_EQ(reply.fields.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.fields.at("connection"), "close");
  EXPECT_TRUE(c.sees_end());
}

TEST(metrics_listener, answers_head_without_a_body) {
  metrics_rig r;
  client c(r.server.port());
  c.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto reply = c.receive(false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.fields.at("content-length"), "8");
  EXPECT_EQ(c.receive().status, 0) << "there is a body";
}

TEST(metrics_listener, tells_that_the_server_lives) {
  metrics_rig r;
  EXPECT_EQ(asked_once(r, get("/health/live")).body, R"({"live":true})");
}

TEST(metrics_listener, tells_whether_the_server_is_ready_and_why_not) {
  metrics_rig r;
  EXPECT_EQ(asked_once(r, get("/health/ready")).status, 200);
  r.ready = false;
  const auto reply = asked_once(r, get("/health/ready"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"ready":false,"reason":"stopping"})");
}

TEST(metrics_listener, knows_no_other_paths) {
  metrics_rig r;
  for (const auto* path : {"/", "/health", "/metrics/", "/metricsx", "/../metrics"})
    EXPECT_EQ(asked_once(r, get(path)).status, 404) << path;
}

TEST(metrics_listener, is_not_found_by_other_hosts) {
  metrics_rig r;
  EXPECT_EQ(asked_once(r, get("/metrics", "evil.example.org")).status, 404);
  EXPECT_EQ(asked_once(r, "GET http://evil.example.org/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
  EXPECT_EQ(asked_once(r, get("/metrics", "LOCALHOST:9")).status, 200);
  EXPECT_EQ(r.asked, 1);
}

TEST(metrics_listener, refuses_other_methods) {
  metrics_rig r;
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const auto reply = asked_once(r, method + " /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.fields.at("allow"), "GET, HEAD");
  }
}

TEST(metrics_listener, does_not_wait_for_the_body_of_what_it_refuses) {
  metrics_rig r;
  const auto reply = asked_once(r, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_TRUE(reply.status == 405 || reply.status == 413) << reply.status;
}

TEST(metrics_listener, refuses_what_is_no_http) {
  metrics_rig r;
  EXPECT_EQ(asked_once(r, "\x16\x03\x01 hello\r\n\r\n").status, 400);
  EXPECT_EQ(asked_once(r, "GET /metrics HTTP/1.1\r\n\r\n").status, 400) << "no host";
  EXPECT_EQ(asked_once(r, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x')).status, 400);
  EXPECT_EQ(asked_once(r, get("/metrics")).status, 200);
}

TEST(metrics_listener, answers_one_request_a_connection) {
  metrics_rig r;
  client c(r.server.port());
  c.send(get("/metrics") + get("/metrics"));
  EXPECT_EQ(c.receive().status, 200);
  EXPECT_EQ(c.receive().status, 0);
  EXPECT_EQ(r.asked, 1);
}

TEST(metrics_listener, reads_a_request_that_comes_in_pieces) {
  metrics_rig r;
  client c(r.server.port());
  for (const char byte : get("/metrics")) c.send({&byte, 1});
  EXPECT_EQ(c.receive().status, 200);
}

TEST(metrics_listener, cuts_off_a_client_that_trickles) {
  auto o = on_a_free_port();
  o.longest = 200ms;
  metrics_rig r(o);
  client c(r.server.port());
  c.send("GET /metrics HTTP/1.1\r\n");
  std::atomic<bool> ended{false};
  std::thread trickle([&] {
    while (!ended) {
      c.send("X: y\r\n");
      std::this_thread::sleep_for(20ms);
    }
  });
  client waiting(r.server.port());
  EXPECT_TRUE(waiting.sees_end()) << "one that says nothing";
  ended = true;
  trickle.join();
  EXPECT_TRUE(c.sees_end());
}

TEST(metrics_listener, serves_the_next_one_while_others_hang) {
  auto o = on_a_free_port();
  o.max_connections = 4;
  metrics_rig r(o);
  std::vector<std::unique_ptr<client>> hanging;
  for (int i = 0; i < 20; ++i) hanging.push_back(std::make_unique<client>(r.server.port()));
  EXPECT_EQ(asked_once(r, get("/metrics")).status, 200);
  EXPECT_TRUE(hanging.front()->sees_end()) << "the oldest makes room";
}

TEST(metrics_listener, serves_the_next_one_while_one_does_not_read_its_answer) {
  metrics_listener server(on_a_free_port(), {[] { return std::string(64U << 20, 'x'); }, [] { return std::nullopt; }});
  ASSERT_TRUE(server.start());
  client deaf(server.port());
  deaf.send(get("/metrics"));
  EXPECT_EQ(client(server.port()).ask(get("/health/live")).status, 200);
  server.stop();
}

TEST(metrics_listener, tells_that_the_metrics_cannot_be_had) {
  metrics_listener server(on_a_free_port(),
                          {[]() -> std::string { throw std::runtime_error("no"); }, [] { return std::nullopt; }});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(client(server.port()).ask(get("/metrics")).body, "500 Internal Server Error\n");
}

TEST(metrics_listener, stops_although_clients_hang) {
  metrics_rig r;
  client silent(r.server.port());
  client half(r.server.port());
  half.send("GET /met");
  r.server.stop();
  EXPECT_TRUE(silent.sees_end());
  EXPECT_TRUE(half.sees_end());
}

TEST(metrics_listener, says_in_one_line_that_the_port_is_in_use) {
  metrics_rig r;
  auto o = on_a_free_port();
  o.port = r.server.port();
  metrics_listener other(o, {});
  const auto started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "metrics: cannot listen on 127.0.0.1 port " + std::to_string(o.port) +
                                 ": it is in use; stop the other server or choose another port");
}

TEST(metrics_listener, does_not_listen_on_what_is_no_address) {
  auto o = on_a_free_port();
  o.address = "somewhere";
  const auto started = metrics_listener(o, {}).start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "metrics: metricslisten is no address: somewhere");
}

}  // namespace
}  // namespace authnz::net::test
