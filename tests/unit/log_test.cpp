#include "actors/log.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace authnz::actors {
namespace {

class captured_log {
 public:
  explicit captured_log(log_format format, proto::pii_digest digest = proto::pii_digest::keyed("salt"),
                        log_level lowest = log_level::debug)
      : log(format, lowest, std::make_shared<const proto::pii_digest>(std::move(digest)),
            std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)) {}

  std::string text() const { return out_.str(); }
  std::ptrdiff_t lines() const {
    const auto all = text();
    return std::count(all.begin(), all.end(), '\n');
  }
  /// A text line without its time and line break.
  std::string line() const {
    const auto all = text();
    return all.substr(all.find(' ') + 1, all.size() - all.find(' ') - 2);
  }

 private:
  std::ostringstream out_;

 public:
  logger log;
};

const std::string attack = "x\n2026-01-01T00:00:00 info user.login [1] outcome=ok\r\x1b[2J\x7f\xe2\x80\xa8\xff";

TEST(log, writes_level_event_reqid_and_fields) {
  captured_log c(log_format::text);
  c.log.info("user.login", "12", {open("outcome", "ok"), open("tries", 3), open("held", true)});
  EXPECT_EQ(c.line(), "info user.login [12] outcome=ok tries=3 held=true");
}

TEST(log, leaves_brackets_out_of_lines_that_belong_to_no_request) {
  captured_log c(log_format::text);
  c.log.warning("store.full", {open("reason", "no space left")});
  EXPECT_EQ(c.line(), "warning store.full reason=\"no space left\"");
}

TEST(log, shows_plain_texts_in_brackets_without_quotes) {
  captured_log c(log_format::text);
  c.log.info("user.login", "\"req-7\"", {});
  EXPECT_EQ(c.line(), "info user.login [req-7]");
}

TEST(log, quotes_a_reqid_that_could_end_its_brackets) {
  captured_log c(log_format::text);
  c.log.info("user.login", "\"1] outcome=ok [2\"", {});
  EXPECT_EQ(c.line(), "info user.login [\"1] outcome=ok [2\"]");
}

TEST(log, no_input_forges_a_line) {
  for (const auto format : {log_format::text, log_format::json}) {
    captured_log c(format, proto::pii_digest::clear());
    c.log.error("user.login", attack, {open("reason", attack), personal("agent", attack), token("session", attack)});
    const auto text = c.text();
    EXPECT_EQ(c.lines(), 1);
    EXPECT_TRUE(std::all_of(text.begin(), text.end() - 1, [](char b) { return b >= 0x20 && b < 0x7f; })) << text;
  }
}

TEST(log, no_input_forges_a_field) {
  captured_log c(log_format::text);
  c.log.info("a", {open("reason", "x outcome=\"ok")});
  EXPECT_EQ(c.line(), R"(info a reason="x outcome=\"ok")");
}

TEST(log, quotes_an_empty_value) {
  captured_log c(log_format::text);
  c.log.info("a", {open("b", "")});
  EXPECT_EQ(c.line(), "info a b=\"\"");
}

TEST(log, shows_personal_data_as_its_digest) {
  captured_log c(log_format::text);
  c.log.info("user.login", {personal("user", "ada@example.org"), token("session", "token-of-ada")});
  const auto digest = proto::pii_digest::keyed("salt");
  EXPECT_EQ(c.line(),
            "info user.login user=" + digest.of("ada@example.org") + " session=" + digest.of_token("token-of-ada"));
  EXPECT_EQ(c.text().find("ada@"), std::string::npos);
}

TEST(log, shows_the_same_person_as_the_same_digest) {
  captured_log one(log_format::text);
  captured_log other(log_format::text);
  one.log.info("a", {personal("user", "ada")});
  other.log.info("a", {personal("user", "ada")});
  EXPECT_EQ(one.line(), other.line());
}

TEST(log, shows_persons_but_no_tokens_without_a_salt) {
  captured_log c(log_format::text, proto::pii_digest::clear());
  c.log.info("a", {personal("user", "ada"), token("session", "token-of-ada")});
  EXPECT_TRUE(c.line().starts_with("info a user=ada session="));
  EXPECT_EQ(c.text().find("token-of-ada"), std::string::npos);
}

TEST(log, leaves_out_what_is_below_its_level) {
  captured_log c(log_format::text, proto::pii_digest::clear(), log_level::info);
  c.log.debug("a", {});
  EXPECT_FALSE(c.log.writes(log_level::debug));
  EXPECT_EQ(c.text(), "");
}

TEST(log, writes_json_lines_that_parse) {
  captured_log c(log_format::json);
  c.log.info("user.login", "\"r\"",
             {open("outcome", "ok"), open("tries", 3), open("held", false), open("note", attack)});
  const auto line = nlohmann::json::parse(c.text());
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["event"], "user.login");
  EXPECT_EQ(line["reqid"], "r");
  EXPECT_EQ(line["tries"], 3);
  EXPECT_EQ(line["held"], false);
  EXPECT_TRUE(line["time"].is_string());
}

TEST(log, writes_a_json_null_where_there_is_no_request) {
  captured_log c(log_format::json);
  c.log.info("server.started", {});
  EXPECT_TRUE(nlohmann::json::parse(c.text())["reqid"].is_null());
}

}  // namespace
}  // namespace authnz::actors
