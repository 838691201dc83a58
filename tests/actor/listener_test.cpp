#include "tests/actor/listener_rig.hpp"

namespace authnz::net::test {
namespace {

constexpr auto plain = "text/plain; charset=UTF-8";

TEST(listener, answers_a_sealed_request_with_a_sealed_answer) {
  rig r;
  client c(r.port());
  const auto reply = c.ask(post(r.sealed("echo", 42)));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.fields.at("content-type"), plain);
  EXPECT_EQ(reply.fields.at("cache-control"), "no-store");
  EXPECT_FALSE(reply.fields.contains("server"));
  EXPECT_EQ(r.opened(reply.body), R"({"reqid":42})");
}

TEST(listener, keeps_a_connection_for_many_requests) {
  rig r;
  client c(r.port());
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(r.opened(c.ask(post(r.sealed("echo", i))).body), "{\"reqid\":" + std::to_string(i) + "}");
  EXPECT_EQ(r.server.stats().accepted, 1U);
}

TEST(listener, answers_pipelined_requests_in_their_order) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)) + post(r.sealed("echo", 2)) + post(r.sealed("keep", 3)) + get("/health/live"));
  auto kept = r.door.take_kept(2);
  scripted_door::answer(*kept[1]);
  std::this_thread::sleep_for(20ms);
  scripted_door::answer(*kept[0]);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(r.opened(c.receive().body), "{\"reqid\":" + std::to_string(i) + "}");
  EXPECT_EQ(c.receive().body, R"({"live":true})");
}

TEST(listener, ends_the_connection_where_nobody_knows_the_answer) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)) + post(r.sealed("keep", 2)) + post(r.sealed("keep", 3)) + post(r.sealed("echo", 4)));
  auto kept = r.door.take_kept(3);
  kept[1]->answer({proto::http_status::none, {}});
  scripted_door::answer(*kept[0]);
  EXPECT_EQ(r.opened(c.receive().body), "{\"reqid\":1}");
  EXPECT_EQ(c.receive().status, 0);
  EXPECT_TRUE(c.sees_end());
  scripted_door::answer(*kept[2]);
  client other(r.port());
  EXPECT_EQ(other.ask(post(r.sealed("echo", 5))).status, 200) << "the listener goes on";
}

TEST(listener, serves_more_pipelined_requests_than_it_takes_at_once) {
  auto o = quick_options();
  o.max_pipelined = 3;
  rig r(o);
  client c(r.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += post(r.sealed("echo", i));
  c.send(all);
  c.finish_sending();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(r.opened(c.receive().body), "{\"reqid\":" + std::to_string(i) + "}");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, reads_chunked_bodies) {
  rig r;
  client c(r.port());
  const auto body = r.sealed("echo", 5);
  c.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char ch : body) c.send(std::string("1\r\n") + ch + "\r\n");
  c.send("0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":5})");
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
}

TEST(listener, reads_a_request_that_comes_byte_by_byte) {
  rig r;
  client c(r.port());
  for (const char ch : post(r.sealed("echo", 5))) c.send({&ch, 1});
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":5})");
}

TEST(listener, closes_after_http_1_0_and_after_connection_close) {
  rig r;
  for (const std::string_view request :
       {"GET /health/live HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"}) {
    client c(r.port());
    const auto reply = c.ask(request);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.fields.at("connection"), "close");
    EXPECT_TRUE(c.sees_end());
  }
}

TEST(listener, invites_a_body_that_waits_to_be_invited) {
  rig r;
  client c(r.port());
  const auto whole = post(r.sealed("echo", 8), "Expect: 100-continue\r\n");
  const auto body_at = whole.find("\r\n\r\n") + 4;
  c.send(whole.substr(0, body_at));
  EXPECT_EQ(c.receive().status, 100);
  c.send(whole.substr(body_at));
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":8})");
}

TEST(listener, refuses_a_body_before_it_is_sent) {
  rig r;
  client c(r.port());
  EXPECT_EQ(c.ask("POST /else HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n").status,
            404);
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, knows_hosts_without_case_and_port_on_every_path) {
  rig r;
  client c(r.port());
  EXPECT_EQ(c.ask(get("/health/live", "LocalHost:1234")).status, 200);
  EXPECT_EQ(c.ask(get("/health/live", "127.0.0.1")).status, 200);
  EXPECT_EQ(c.ask(get("/health/live", "example.org")).status, 404);
  EXPECT_EQ(c.ask(get("/health/live", "localhost.example.org")).status, 404);
  EXPECT_EQ(c.ask(get("/health/live", "localhost:http")).status, 404);
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\n\r\nabc").status, 404);
  EXPECT_EQ(c.ask("GET http://localhost/health/live HTTP/1.1\r\nHost: example.org\r\n\r\n").status, 200);
  EXPECT_EQ(c.ask("GET http://example.org/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
}

TEST(listener, knows_its_paths_and_their_methods) {
  rig r;
  client c(r.port());
  EXPECT_EQ(c.ask(get("/echo")).status, 404);
  EXPECT_EQ(c.ask(get("/health/live?verbose=1")).status, 200);
  const auto reply = c.ask(get("/"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.fields.at("allow"), "POST");
  EXPECT_EQ(reply.fields.at("content-type"), plain);
  EXPECT_EQ(reply.body, "405 Method Not Allowed\n");
  c.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(c.receive(false).status, 405);
  EXPECT_EQ(c.ask(get("/health/live")).status, 200) << "HEAD is answered without a body";
}

TEST(listener, judges_host_path_and_method_before_size) {
  rig r;
  const auto huge = [](std::string_view line, std::string_view host) {
    return std::string(line) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\nContent-Length: 99999999\r\n\r\n";
  };
  EXPECT_EQ(client(r.port()).ask(huge("POST /", "example.org")).status, 404);
  EXPECT_EQ(client(r.port()).ask(huge("POST /else", "localhost")).status, 404);
  EXPECT_EQ(client(r.port()).ask(huge("PUT /", "localhost")).status, 405);
  EXPECT_EQ(client(r.port()).ask(huge("POST /", "localhost")).status, 413);
}

TEST(listener, takes_bodies_up_to_the_limit_and_no_further) {
  auto o = quick_options();
  o.max_body = 300'000;
  rig r(o);
  EXPECT_EQ(client(r.port()).ask(post(std::string(o.max_body, 'A'))).status, 401);
  client c(r.port());
  EXPECT_EQ(c.ask(post(std::string(o.max_body + 1, 'A'))).status, 413);
  EXPECT_TRUE(c.sees_end());
  client chunked(r.port());
  std::string body = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 4; ++i) body += "186a0\r\n" + std::string(100'000, 'A') + "\r\n";
  EXPECT_EQ(chunked.ask(body).status, 413);
}

TEST(listener, answers_what_is_no_http_with_400_and_closes) {
  rig r;
  for (const std::string& bad : {
           std::string("nonsense\r\n\r\n"),
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\n\r\n"),                                        // no Host
           std::string("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),  // two
           std::string("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
           "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
           "GET /" + std::string(40'000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(60'000, 'x'),
       }) {
    client c(r.port());
    const auto reply = c.ask(bad);
    EXPECT_EQ(reply.status, 400) << bad.substr(0, 80);
    EXPECT_EQ(reply.body, "400 Bad Request\n");
    EXPECT_TRUE(c.sees_end());
  }
}

TEST(listener, answers_those_before_a_malformed_request) {
  rig r;
  client c(r.port());
  c.send(post(r.sealed("keep", 1)) + "nonsense\r\n\r\n");
  scripted_door::answer(*r.door.take_kept(1).front());
  EXPECT_EQ(r.opened(c.receive().body), R"({"reqid":1})");
  EXPECT_EQ(c.receive().status, 400);
  EXPECT_TRUE(c.sees_end());
}

TEST(listener, answers_401_with_one_text_for_all_reasons) {
  rig r;
  client c(r.port());
  const auto token = r.sealed("echo");
  EXPECT_EQ(c.ask(post(token)).status, 200);
  for (const std::string& body : {token, std::string("!"), std::string(), std::string("QUFB"), token.substr(4)}) {
    const auto reply = c.ask(post(body));
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.body, "401 Unauthorized\n");
  }
  EXPECT_EQ(r.server.stats().replayed, 1U);
}

TEST(listener, serves_a_token_again_when_freshness_is_off) {
  auto o = quick_options();
  o.envelope_max_age = 0s;
  rig r(o);
  client c(r.port());
  const auto token = r.sealed("echo");
  EXPECT_EQ(c.ask(post(token)).status, 200);
  EXPECT_EQ(c.ask(post(token)).status, 200);
}

TEST(listener, answers_400_to_a_payload_that_is_no_request) {
  rig r;
  client c(r.port());
  EXPECT_EQ(c.ask(post(r.sealed_text("[]"))).status, 400);
  EXPECT_EQ(c.ask(post(r.sealed_text(R"({"request":"unheard-of","body":{},"reqid":1})"))).status, 400);
  EXPECT_EQ(c.ask(post(r.sealed_text("{"))).status, 401);
  EXPECT_EQ(c.ask(post(r.sealed("echo"))).status, 200);
}

TEST(listener, says_when_to_come_again) {
  rig r;
  client c(r.port());
  const auto limited = c.ask(post(r.sealed("limit")));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.fields.at("retry-after"), "7");
  const auto dropped = c.ask(post(r.sealed("drop")));
  EXPECT_EQ(dropped.status, 503);
  EXPECT_EQ(dropped.fields.at("retry-after"), "1");
}

TEST(listener, reports_health) {
  rig r;
  client c(r.port());
  auto reply = c.ask(get("/health"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.fields.at("content-type"), "application/json");
  const auto report = nlohmann::json::parse(reply.body);
  EXPECT_EQ(report["Health-Ok"], true);
  EXPECT_EQ(report["Expected-Workers"], 2);
  EXPECT_EQ(report["Workers"]["session"], "ok");
  EXPECT_EQ(report["Check-Time"], 0.25);
  EXPECT_EQ(c.ask(get("/health/ready")).body, R"({"ready":true})");
  r.door.healthy = r.door.ready = false;
  reply = c.ask(get("/health"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["Health-Ok"], false);
  reply = c.ask(get("/health/ready"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"ready":false,"reason":"starting"})");
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
}

}  // namespace
}  // namespace authnz::net::test
