#include "actors/audit.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

namespace authnz::actors {
namespace {

using nlohmann::json;

const proto::timestamp moment{std::chrono::microseconds{1'600'000'000'000'001}};

audit_event login() {
  return {.name = "user.login",
          .outcome = proto::code::invalid_credentials,
          .reqid = "7",
          .actor = personal_text{"4"},
          .target = personal_text{"ada@example.org"},
          .client = personal_text{"192.0.2.1"}};
}

class audit : public testing::Test {
 protected:
  audit() {
    std::string name = (std::filesystem::temp_directory_path() / "authnz-audit-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    dir = name;
    log = std::make_shared<const logger>(log_format::text, log_level::info,
                                         std::make_shared<const proto::pii_digest>(digest),
                                         std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  }
  ~audit() override { std::filesystem::remove_all(dir); }

  static std::vector<json> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }

  std::filesystem::path dir;
  std::ostringstream out;
  proto::pii_digest digest = proto::pii_digest::keyed("salt");
  std::shared_ptr<const logger> log;
};

TEST_F(audit, line_holds_the_members_of_the_contract) {
  EXPECT_EQ(json::parse(audit_line(login(), moment, digest)), json({{"time", "2020-09-13T12:26:40.000001"},
                                                                    {"event", "user.login"},
                                                                    {"outcome", "invalid-credentials"},
                                                                    {"reqid", 7},
                                                                    {"actor", digest.of("4")},
                                                                    {"target", digest.of("ada@example.org")},
                                                                    {"client", digest.of("192.0.2.1")}}));
}

TEST_F(audit, line_holds_null_where_there_is_nobody) {
  const auto line = json::parse(audit_line({.name = "server.started"}, moment, digest));
  EXPECT_EQ(line["outcome"], "ok");
  for (const auto* member : {"reqid", "actor", "target", "client"}) EXPECT_TRUE(line.at(member).is_null()) << member;
}

TEST_F(audit, line_never_holds_a_token_in_clear) {
  const auto clear = proto::pii_digest::clear();
  const audit_event event{
      .name = "session.ended", .actor = personal_text{"4"}, .target = personal_text{"token-of-ada", true}};
  const auto line = json::parse(audit_line(event, moment, clear));
  EXPECT_EQ(line["actor"], "4");
  EXPECT_EQ(line["target"], clear.of_token("token-of-ada"));
}

TEST_F(audit, line_stays_one_line_whatever_the_reqid) {
  auto event = login();
  event.reqid = "\"a\nb\"";
  EXPECT_EQ(audit_line(event, moment, digest).find('\n'), std::string::npos);
  EXPECT_NO_THROW(json::parse(audit_line(event, moment, digest)));
}

TEST_F(audit, goes_to_the_ordinary_log_without_a_file) {
  (*audit_log::open(log, std::nullopt))->write(login(), moment);
  EXPECT_EQ(out.str(), audit_line(login(), moment, digest) + "\n");
}

TEST_F(audit, file_is_the_owners_alone_whatever_the_umask) {
  const auto before = ::umask(0);
  const auto opened = audit_log::open(log, dir / "audit");
  ::umask(before);
  ASSERT_TRUE(opened) << opened.error();
  struct stat facts {};
  ASSERT_EQ(::stat((dir / "audit").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
}

TEST_F(audit, appends_to_what_is_there) {
  for (int i = 0; i < 2; ++i) (*audit_log::open(log, dir / "audit"))->write(login(), moment);
  EXPECT_EQ(lines_of(dir / "audit").size(), 2U);
  EXPECT_EQ(out.str(), "");
}

TEST_F(audit, goes_on_in_a_new_file_when_the_old_one_was_moved_away) {
  const auto opened = audit_log::open(log, dir / "audit");
  (*opened)->write(login(), moment);
  std::filesystem::rename(dir / "audit", dir / "audit.1");
  ASSERT_TRUE((*opened)->reopen());
  (*opened)->write(login(), moment);
  EXPECT_EQ(lines_of(dir / "audit.1").size(), 1U);
  EXPECT_EQ(lines_of(dir / "audit").size(), 1U);
}

TEST_F(audit, names_the_file_that_cannot_be_opened) {
  const auto file = dir / "no" / "audit";
  EXPECT_EQ(audit_log::open(log, file).error(),
            "auditlog: " + file.string() + " cannot be opened: No such file or directory");
}

TEST_F(audit, falls_back_to_the_ordinary_log_when_the_file_is_full) {
  const auto opened = audit_log::open(log, "/dev/full");
  ASSERT_TRUE(opened) << opened.error();
  (*opened)->write(login(), moment);
  EXPECT_NE(out.str().find("error audit.write-failed"), std::string::npos);
  EXPECT_NE(out.str().find(audit_line(login(), moment, digest) + "\n"), std::string::npos);
}

TEST_F(audit, keeps_lines_whole_when_many_threads_write) {
  const auto opened = audit_log::open(log, dir / "audit");
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&] {
      for (int j = 0; j < 200; ++j) (*opened)->write(login(), moment);
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(lines_of(dir / "audit").size(), 800U);
}

}  // namespace
}  // namespace authnz::actors
