#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

std::string refused(const scratch& dir, std::string argument) {
  return refusal(around(dir, with_secrets()), {std::move(argument)});
}

struct bad_value {
  std::string argument, error;
};

class config_refuses : public testing::TestWithParam<bad_value> {};

TEST_P(config_refuses, a_bad_value_by_item_and_reason) {
  const scratch dir;
  EXPECT_EQ(refused(dir, GetParam().argument), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    values, config_refuses,
    testing::Values(
        bad_value{"--port=0", "port (--port): must be a whole number from 1 to 65535"},
        bad_value{"--port=65536", "port (--port): must be a whole number from 1 to 65535"},
        bad_value{"--port=80x", "port (--port): must be a whole number from 1 to 65535"},
        bad_value{"--userlocktries=0", "userlocktries (--userlocktries): must be a whole number from 1 to 1000000"},
        bad_value{"--envelopemaxage=3601", "envelopemaxage (--envelopemaxage): must be a whole number from 0 to 3600"},
        bad_value{"--envelopemaxage=-1", "envelopemaxage (--envelopemaxage): must be a whole number from 0 to 3600"},
        bad_value{"--debugmode=2", "debugmode (--debugmode): must be 0 or 1"},
        bad_value{"--emailtls=ssl", "emailtls (--emailtls): must be one of starttls, tls, none"},
        bad_value{"--logformat=xml", "logformat (--logformat): must be one of text, json"},
        bad_value{"--listen=somewhere", "listen (--listen): must be an IPv4 or IPv6 address"},
        bad_value{"--allowedhosts=;", "allowedhosts (--allowedhosts): names no host"},
        bad_value{"--authdb=lmdb://relative",
                  "authdb (--authdb): must be lmdb:///ABSOLUTE/PATH, the path of a directory"},
        bad_value{"--authdb=lmdb:///", "authdb (--authdb): must be lmdb:///ABSOLUTE/PATH, the path of a directory"},
        bad_value{"--authdb=/x", "authdb (--authdb): must be lmdb:///ABSOLUTE/PATH, the path of a directory"},
        bad_value{"--basedir=/no/such", "basedir (--basedir): /no/such is no directory"},
        bad_value{"--permissions=/no/such",
                  "permissions (--permissions): /no/such does not exist or cannot be looked at"},
        bad_value{"--commonpasswords=/", "commonpasswords (--commonpasswords): / is a directory"},
        bad_value{"--emailsender=a\nb", "emailsender (--emailsender): must not hold control characters"},
        bad_value{"--emailsender=Site", "emailsender (--emailsender): is no address; e.g. Name <name@example.org>"},
        bad_value{"--emailtemplates=/nowhere", "emailtemplates (--emailtemplates): /nowhere is no directory"},
        bad_value{"--emailhtml=yes", "emailhtml (--emailhtml): must be 0 or 1"}));

class config_names_the_item : public testing::TestWithParam<std::string> {};

TEST_P(config_names_the_item, of_a_value_that_another_part_reads) {
  const scratch dir;
  const auto name = GetParam().substr(2, GetParam().find('=') - 2);
  const auto error = refused(dir, GetParam());
  EXPECT_TRUE(error.starts_with(name + " (--" + name + "): ")) << error;
}

INSTANTIATE_TEST_SUITE_P(values, config_names_the_item,
                         testing::Values("--argon2=m=1,t=1,p=1", "--argon2=x", "--passpolicy=min_pass_len:3",
                                         "--ratelimits=user-lgoin:3", "--ratelimits=user:0",
                                         "--pwnedpasswords=http://example.org/", "--pwnedpasswords=nothing"));

TEST(config_refusals, database_urls_of_the_python_server_name_the_import_tool_and_hide_the_password) {
  const scratch dir;
  for (const std::string url :
       {"sqlite:////tmp/x.sqlite", "postgresql://u:hunter2@db/x", "postgresql+psycopg2://u:hunter2@db/x"}) {
    const auto error = refused(dir, "--authdb=" + url);
    EXPECT_TRUE(error.starts_with("authdb (--authdb): ")) << error;
    EXPECT_NE(error.find("authnz-import"), std::string::npos) << error;
    EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
  }
}

TEST(config_refusals, both_tls_files_or_neither) {
  const scratch dir;
  const auto pem = dir.file("pem", "x");
  EXPECT_EQ(refused(dir, "--tlscertfile=" + pem), "tls_cert_key: must be set too when tls_cert_file is");
  EXPECT_EQ(refused(dir, "--tlscertkey=" + pem), "tls_cert_file: must be set too when tls_cert_key is");
}

TEST(config_refusals, a_bad_line_of_the_envfile_is_named_by_its_number) {
  const scratch dir;
  const auto file = dir.file("env", "AUTHNZERVER_PORT=1\nnonsense\n");
  EXPECT_EQ(refused(dir, "--envfile=" + file), "--envfile: " + file + ": line 2 is not of the form KEY=value");
}

TEST(config_refusals, exit_code_is_that_of_a_start_error) {
  const scratch dir;
  EXPECT_EQ(load(around(dir, with_secrets()), {"--port=x"}).error().exit_code, exit_start_error);
}

}  // namespace
}  // namespace authnz::daemon
