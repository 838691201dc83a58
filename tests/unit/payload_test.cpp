#include "proto/payload.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace authnz::proto {
namespace {

struct outcome {
  http_status status;
  exchange ex{nullptr, 0};
};

void read(outcome& out, std::string_view text, bool client_required = true, const item_limits& limits = {}) {
  out.status = read_payload(text, client_required, limits, out.ex);
}

http_status status_of(std::string_view text, bool client_required = true, const item_limits& limits = {}) {
  outcome out;
  read(out, text, client_required, limits);
  return out.status;
}

json good() {
  return {{"request", "session-exists"},
          {"reqid", 101},
          {"client_ipaddr", "192.0.2.1"},
          {"body", {{"session_token", "abc"}}}};
}

std::string with(const char* member, json value) {
  json payload = good();
  payload[member] = std::move(value);
  return payload.dump();
}

std::string without(const char* member) {
  json payload = good();
  payload.erase(member);
  return payload.dump();
}

// A payload whose lists nest so that the whole has `levels` levels.
std::string nesting(std::size_t levels) {
  return R"({"request":"session-exists","reqid":1,"client_ipaddr":"::1","x":)" + std::string(levels - 1, '[') +
         std::string(levels - 1, ']') + R"(,"body":{"session_token":""}})";
}

TEST(payload, fills_in_the_exchange) {
  outcome out;
  read(out, good().dump());
  ASSERT_EQ(out.status, http_status::ok);
  EXPECT_EQ(out.ex.request.row().id, request::session_exists);
  EXPECT_EQ(out.ex.request.text("session_token"), "abc");
  EXPECT_EQ(out.ex.reqid, "101");
  EXPECT_EQ(out.ex.client, "192.0.2.1");
  EXPECT_EQ(out.ex.problems, "");
}

TEST(payload, reports_problems_with_status_200) {
  outcome out;
  read(out, with("body", json::object()));
  EXPECT_EQ(out.status, http_status::ok);
  EXPECT_NE(out.ex.problems.find("missing"), std::string::npos);
}

TEST(payload, knows_requests_by_their_alias) {
  outcome out;
  json payload = good();
  payload["request"] = "user-verify-email";
  read(out, payload.dump());
  EXPECT_EQ(out.status, http_status::ok);
  EXPECT_EQ(out.ex.request.row().id, request::user_set_emailverified);
}

TEST(payload, ignores_other_members) { EXPECT_EQ(status_of(with("extra", {1, 2})), http_status::ok); }

std::string with_text(const std::string& raw) {
  return R"({"request":"session-exists","reqid":")" + raw + R"(","client_ipaddr":"::1","body":{}})";
}

TEST(payload, is_unauthorized_when_it_is_no_json) {
  const std::string texts[] = {
      "",
      " ",
      "{",
      "nonsense",
      "{'a':1}",
      "{\"a\":1,}",
      "{} {}",
      "01",
      "NaN",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":-Infinity}",
      "{\"a\":1} // x",
      good().dump() + "x",
      good().dump() + std::string("\0", 1),
      good().dump() + std::string("\0x", 2),
      with_text("\\ud800"),
      with_text("\\udc00\\ud800"),
      with_text("\\ud800x"),
      with_text("\xC3"),
      with_text("\xED\xA0\x80"),
      with_text("\xC0\x80"),
      with_text("\xF4\x90\x80\x80"),
      with_text("\n"),
      with_text(std::string("\0", 1)),
      with_text("\\x41"),
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::unauthorized) << text;
}

TEST(payload, is_an_object) {
  const std::string texts[] = {
      "[]", "1", "null", "\"x\"", "{}",
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::bad_request) << text;
}

TEST(payload, has_a_reqid) {
  const std::string texts[] = {
      without("reqid"),
      with("reqid", nullptr),
      with("reqid", 1.0),
      with("reqid", true),
      with("reqid", json::array()),
      with("reqid", std::string(4097, 'x')),
      with("reqid", 9223372036854775808U),
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::bad_request) << text;
}

TEST(payload, names_a_request) {
  const std::string texts[] = {
      without("request"),
      with("request", nullptr),
      with("request", 1),
      with("request", ""),
      with("request", "Session-Exists"),
      with("request", std::string("session-exists\0", 15)),
      with("request", "totp-new"),
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::bad_request) << text;
}

TEST(payload, has_a_body) {
  const std::string texts[] = {
      without("body"),
      with("body", nullptr),
      with("body", json::array()),
      with("body", "{}"),
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::bad_request) << text;
}

TEST(payload, names_its_client_while_rate_limits_are_on) {
  const std::string texts[] = {
      without("client_ipaddr"),
      with("client_ipaddr", nullptr),
      with("client_ipaddr", ""),
      with("client_ipaddr", 1),
  };
  for (const auto& text : texts) EXPECT_EQ(status_of(text), http_status::bad_request) << text;
}

TEST(payload, needs_no_client_when_rate_limits_are_off) {
  for (const auto& text : {without("client_ipaddr"), with("client_ipaddr", nullptr), with("client_ipaddr", 1)})
    EXPECT_EQ(status_of(text, false), http_status::ok) << text;
}

TEST(payload, refuses_a_reqid_beyond_any_integer) {
  EXPECT_EQ(status_of(R"({"request":"user-list","reqid":100000000000000000000,"body":{},"client_ipaddr":"x"})"),
            http_status::bad_request);
}

TEST(payload, echoes_every_reqid_as_it_was_sent) {
  for (const auto& [sent, echoed] : std::initializer_list<std::pair<json, std::string>>{
           {0, "0"},
           {"", "\"\""},
           {-9223372036854775807 - 1, "-9223372036854775808"},
           {9223372036854775807, "9223372036854775807"},
           {"a\"\n\u00e4", R"("a\"\n\u00e4")"},
           {std::string("\0x", 2), R"("\u0000x")"},
           {std::string(4096, 'x'), '"' + std::string(4096, 'x') + '"'}}) {
    outcome out;
    read(out, with("reqid", sent));
    EXPECT_EQ(out.status, http_status::ok) << sent;
    EXPECT_EQ(out.ex.reqid, echoed);
  }
}

TEST(payload, limits_a_reqid_as_any_text) {
  const item_limits limits{.text = 8};
  EXPECT_EQ(status_of(with("reqid", "12345678"), true, limits), http_status::ok);
  EXPECT_EQ(status_of(with("reqid", "123456789"), true, limits), http_status::bad_request);
}

TEST(payload, keeps_what_follows_a_nul) {
  outcome out;
  read(out, R"({"request":"session-exists","reqid":1,"client_ipaddr":"a\u0000b","body":{"session_token":"c\u0000d"}})");
  ASSERT_EQ(out.status, http_status::ok);
  EXPECT_EQ(out.ex.client, std::string("a\0b", 3));
  EXPECT_EQ(out.ex.request.text("session_token"), std::string("c\0d", 3));
}

TEST(payload, takes_the_last_of_duplicate_members) {
  outcome out;
  read(out, R"({"request":"user-list","request":"session-exists","reqid":1,"reqid":"b","client_ipaddr":"x",)"
            R"("body":{"session_token":{"deep":[1]}},"body":{"session_token":[],"session_token":"last"}})");
  ASSERT_EQ(out.status, http_status::ok);
  EXPECT_EQ(out.ex.reqid, "\"b\"");
  EXPECT_EQ(out.ex.request.text("session_token"), "last");
}

TEST(payload, nests_64_levels_at_most) {
  EXPECT_EQ(status_of(nesting(64)), http_status::ok);
  EXPECT_EQ(status_of(nesting(65)), http_status::bad_request);
}

TEST(payload, survives_a_megabyte_of_brackets) {
  EXPECT_EQ(status_of(nesting(500'000)), http_status::bad_request);
  EXPECT_EQ(status_of(std::string(1'000'000, '[')), http_status::unauthorized);
}

}  // namespace
}  // namespace authnz::proto
