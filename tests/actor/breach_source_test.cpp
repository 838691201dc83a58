#include "net/breach_source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "net/breach_directory.hpp"
#include "net/breach_range.hpp"
#include "net/breach_range_service.hpp"
#include "tests/actor/range_server.hpp"

using namespace authnz::net;
using authnz::proto::secret;
using authnz::tests::certificates;
using authnz::tests::range_server;
using found = std::optional<std::uint64_t>;

namespace {

const std::string suffix_of_password = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
const std::string other_suffix(35, '0');
const found out_of_reach = std::nullopt;

class breach_range_service_over_tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { tls_ = std::make_unique<certificates>(); }
  static void TearDownTestSuite() { tls_.reset(); }
  void SetUp() override {
    ASSERT_TRUE(tls_->ok());
    ASSERT_NE(server_.port(), 0);
  }

  std::string url(const std::string& folder, const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(server_.port()) + "/" + folder + "/";
  }
  found ask(const std::string& folder, const std::string& password = "password") const {
    return breach_range_service(url(folder), tls_->file("ca.pem")).matches(secret(password));
  }

  static inline std::unique_ptr<certificates> tls_;
  range_server server_{tls_.get()};
};

TEST_F(breach_range_service_over_tls, finds_a_breached_password) { EXPECT_EQ(ask("range"), 3861493U); }

TEST_F(breach_range_service_over_tls, does_not_find_another) { EXPECT_EQ(ask("range", "kurz&knapp-42"), 0U); }

TEST_F(breach_range_service_over_tls, takes_padding_for_not_found) { EXPECT_EQ(ask("padded"), 0U); }

TEST_F(breach_range_service_over_tls, compares_suffixes_without_case) { EXPECT_EQ(ask("lower"), 3861493U); }

TEST_F(breach_range_service_over_tls, keeps_its_connection) {
  breach_range_service service(url("connections"), tls_->file("ca.pem"));
  const found first = service.matches(secret("password"));
  ASSERT_NE(first, out_of_reach);
  EXPECT_EQ(service.matches(secret("password")), first);
}

TEST_F(breach_range_service_over_tls, gives_up_on_a_slow_service) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("slow"), out_of_reach);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(1900));
  EXPECT_LT(took, std::chrono::seconds(4));
}

TEST_F(breach_range_service_over_tls, refuses_a_certificate_of_another_authority) {
  EXPECT_EQ(breach_range_service(url("range"), tls_->file("other-ca.pem")).matches(secret("password")), out_of_reach);
  EXPECT_EQ(breach_range_service(url("range")).matches(secret("password")), out_of_reach);
}

TEST_F(breach_range_service_over_tls, refuses_a_certificate_for_another_name) {
  breach_range_service service(url("range", "127.0.0.1"), tls_->file("ca.pem"));
  EXPECT_EQ(service.matches(secret("password")), out_of_reach);
}

TEST_F(breach_range_service_over_tls, refuses_an_error_a_redirect_and_what_is_no_range) {
  EXPECT_EQ(ask("failing"), out_of_reach);
  EXPECT_EQ(ask("moved"), out_of_reach);
  EXPECT_EQ(ask("page"), out_of_reach);
}

TEST_F(breach_range_service_over_tls, refuses_a_range_without_end) { EXPECT_EQ(ask("huge"), out_of_reach); }

TEST_F(breach_range_service_over_tls, survives_a_service_that_goes_down) {
  breach_range_service service(url("range"), tls_->file("ca.pem"));
  ASSERT_EQ(service.matches(secret("password")), 3861493U);
  server_.stop();
  EXPECT_EQ(service.matches(secret("password")), out_of_reach);
}

TEST(breach_range_service, asks_a_loopback_host_in_the_clear) {
  range_server server(nullptr);
  ASSERT_NE(server.port(), 0);
  const auto source = make_breach_source("http://127.0.0.1:" + std::to_string(server.port()) + "/range/");
  ASSERT_TRUE(source) << source.error();
  EXPECT_EQ((*source)->matches(secret("password")), 3861493U);
}

TEST(breach_range_service, accepts_https_and_loopback_urls) {
  for (const char* url : {"https://api.pwnedpasswords.com/range/", "HTTPS://range.example:8443/", "http://localhost/x/",
                          "http://127.0.0.1:8080/", "http://127.1.2.3/", "http://[::1]:80/range/"})
    EXPECT_TRUE(check_range_url(url)) << url;
}

TEST(breach_range_service, refuses_other_urls) {
  for (const char* url : {"", "https://", "http://range.example/", "http://128.0.0.1/", "http://localhost.example/",
                          "http://127.0.0.1.example/", "http://[::2]/", "ftp://range.example/", "file:///etc/",
                          "https://user:word@range.example/", "https://range.example/#", "https://range.example/#x"})
    EXPECT_FALSE(check_range_url(url)) << url;
}

class breach_directory_in_files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }
  found ask() const { return breach_directory(directory_).matches(secret("password")); }

  std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) / ("breach-directory-" + std::to_string(getpid()));
};

TEST_F(breach_directory_in_files, finds_a_breached_password_by_every_file_name) {
  for (const char* name : {"5BAA6", "5BAA6.txt", "5baa6", "5baa6.txt"}) {
    write(name, other_suffix + ":7\n" + suffix_of_password + ":42\n");
    EXPECT_EQ(ask(), 42U) << name;
    std::filesystem::remove(directory_ / name);
  }
}

TEST_F(breach_directory_in_files, does_not_find_another) {
  write("5BAA6", other_suffix + ":7\r\n");
  EXPECT_EQ(ask(), 0U);
}

TEST_F(breach_directory_in_files, is_out_of_reach_without_the_range) { EXPECT_EQ(ask(), out_of_reach); }

TEST_F(breach_directory_in_files, is_out_of_reach_when_the_range_is_no_file) {
  std::filesystem::create_directory(directory_ / "5BAA6");
  EXPECT_EQ(ask(), out_of_reach);
}

TEST_F(breach_directory_in_files, is_out_of_reach_when_the_range_is_damaged_or_without_end) {
  write("5BAA6", "damaged");
  EXPECT_EQ(ask(), out_of_reach);
  std::string endless;
  while (endless.size() <= max_range_size) endless += other_suffix + ":7\n";
  write("5BAA6", endless);
  EXPECT_EQ(ask(), out_of_reach);
}

TEST(breach_range, is_named_by_the_sha1) {
  const auto key = key_of(secret("password"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->prefix, "5BAA6");
  EXPECT_EQ(key->suffix, suffix_of_password);
}

TEST(breach_range, has_lines_of_suffix_and_count) {
  const std::string text = other_suffix + ":7\r\n\n" + suffix_of_password + ":42";
  EXPECT_EQ(count_in_range(text, suffix_of_password), 42U);
  EXPECT_EQ(count_in_range(text, std::string(35, 'F')), 0U);
  EXPECT_EQ(count_in_range("", suffix_of_password), 0U);
  EXPECT_EQ(count_in_range(other_suffix + ":99999999999999999999999", other_suffix), UINT64_MAX);
}

TEST(breach_range, refuses_lines_of_anything_else) {
  for (const std::string& tail : {std::string(":"), std::string(":x"), std::string(":7 "), std::string(":-7"),
                                  std::string("0:7"), std::string(" 7"), std::string()})
    EXPECT_EQ(count_in_range(other_suffix + tail, other_suffix), out_of_reach) << tail;
  EXPECT_EQ(count_in_range(std::string(35, 'G') + ":7", other_suffix), out_of_reach);
}

TEST(breach_source, can_be_off) {
  const auto source = make_breach_source("off");
  ASSERT_TRUE(source);
  EXPECT_EQ(*source, nullptr);
}

TEST(breach_source, can_be_a_directory) {
  const auto source = make_breach_source(::testing::TempDir());
  ASSERT_TRUE(source);
  EXPECT_NE(*source, nullptr);
  EXPECT_TRUE(make_breach_source("/nonexistent/directory"));
}

TEST(breach_source, says_what_is_wrong) {
  EXPECT_EQ(make_breach_source("of").error(), "must be off, an https:// URL or a directory");
  EXPECT_EQ(make_breach_source("ftp://range.example/").error(), "must begin with https://");
}

}  // namespace
