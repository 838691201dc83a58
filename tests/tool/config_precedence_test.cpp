#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

class config_precedence : public testing::Test {
 protected:
  config loaded(variable_map variables, std::vector<std::string> arguments = {}) {
    auto c = load(around(dir, with_secrets(std::move(variables))), std::move(arguments));
    EXPECT_TRUE(c) << c.error().text;
    return c ? std::move(*c) : config();
  }
  scratch dir;
};

TEST_F(config_precedence, environment_goes_before_the_command_line) {
  EXPECT_EQ(loaded({{"AUTHNZERVER_USERLOCKTRIES", "3"}}, {"--userlocktries=4"}).lock_tries, 3U);
}

TEST_F(config_precedence, command_line_goes_before_the_default) {
  EXPECT_EQ(loaded({}, {"--userlocktries=4"}).lock_tries, 4U);
}

TEST_F(config_precedence, blank_variable_leaves_the_command_line_its_say) {
  EXPECT_EQ(loaded({{"AUTHNZERVER_USERLOCKTRIES", " \t"}}, {"--userlocktries=4"}).lock_tries, 4U);
}

TEST_F(config_precedence, blank_values_everywhere_give_the_default) {
  EXPECT_EQ(loaded({{"AUTHNZERVER_USERLOCKTRIES", ""}}, {"--userlocktries="}).lock_tries, 10U);
}

TEST_F(config_precedence, plain_port_goes_before_ours) {
  EXPECT_EQ(loaded({{"PORT", "81"}, {"AUTHNZERVER_PORT", "82"}}, {"--port=83"}).port, 81);
  EXPECT_EQ(loaded({{"AUTHNZERVER_PORT", "82"}}, {"--port=83"}).port, 82);
  EXPECT_EQ(loaded({}, {"--port=83"}).port, 83);
  EXPECT_EQ(loaded({}).port, 13431);
}

TEST_F(config_precedence, secret_goes_before_secretkey) {
  const auto given = [&](variable_map variables, std::vector<std::string> arguments) {
    variables.emplace("AUTHNZERVER_PIISALT", "x");
    const auto c = load(around(dir, std::move(variables)), std::move(arguments));
    return c ? c->shown[static_cast<std::size_t>(item::secret)].given_as : c.error().text;
  };
  const std::string key(a_key);
  EXPECT_EQ(given({{"AUTHNZERVER_SECRET", key}, {"AUTHNZERVER_SECRETKEY", "bad"}}, {}), "AUTHNZERVER_SECRET");
  EXPECT_EQ(given({{"AUTHNZERVER_SECRETKEY", key}}, {"--secret=bad"}), "AUTHNZERVER_SECRETKEY");
  EXPECT_EQ(given({}, {"--secretfile=bad", "--secret=" + key}), "--secret");
  EXPECT_EQ(given({}, {"--secretfile=" + key}), "--secretfile");
}

TEST_F(config_precedence, envfile_replaces_the_environment_entirely) {
  const auto file = dir.file("env", "authnzerver_secret=" + std::string(a_key) + "\nAUTHNZERVER_PIISALT=x\nport=99\n");
  const auto c = load(around(dir, {{"PORT", "81"}, {"AUTHNZERVER_USERLOCKTRIES", "3"}}),
                      {"--envfile=" + file, "--userlocktries=4", "--port=83"});
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_EQ(c->port, 99);
  EXPECT_EQ(c->lock_tries, 4U);
}

TEST_F(config_precedence, tls_files_have_names_of_their_own) {
  const auto pem = dir.file("pem", "x");
  const auto c = loaded({{"AUTHNZERVER_TLSCERTFILE", pem}}, {"--tlscertkey=" + pem});
  ASSERT_TRUE(c.tls);
  EXPECT_EQ(c.tls->certificate, pem);
}

TEST_F(config_precedence, defaults_are_those_of_the_contract) {
  const auto c = loaded({});
  EXPECT_EQ(c.allowed_hosts, (std::vector<std::string>{"localhost", "127.0.0.1"}));
  EXPECT_EQ(c.listen, "127.0.0.1");
  EXPECT_EQ(c.basedir, dir.path());
  EXPECT_EQ(c.store, dir / "authnzerver.lmdb");
  EXPECT_EQ(c.server_name, "host.example.org");
  EXPECT_EQ(c.envelope_max_age, 60);
  EXPECT_EQ(c.max_body, 1048576U);
  EXPECT_EQ(c.limits.text, 4096U);
  EXPECT_EQ(c.limits.extra_info, 65536U);
  EXPECT_EQ(c.session_expiry_days, 30);
  EXPECT_EQ(c.session_max_age_days, 0);
  EXPECT_EQ(c.lock_seconds, 3600);
  EXPECT_EQ(c.policy.min_pass_length, 12);
  EXPECT_EQ(c.breach_source, "https://api.pwnedpasswords.com/range/");
  EXPECT_EQ(c.argon2, (actors::argon2_params{65536, 3, 1}));
  EXPECT_EQ(c.hashers, 3U);
  EXPECT_TRUE(c.rates.enabled);
  EXPECT_EQ(c.rates.keys, 1000000U);
  EXPECT_EQ(c.mail.route.server, "localhost");
  EXPECT_EQ(c.mail.route.port, 25);
  EXPECT_EQ(c.mail.route.user, "ada");
  EXPECT_TRUE(c.mail.route.password.empty());
  EXPECT_EQ(c.mail.sender, "Authnzerver <authnzerver@localhost>");
  EXPECT_EQ(c.mail.route.security, actors::mail_security::starttls);
  EXPECT_TRUE(c.mail.route.verify_certificate);
  EXPECT_FALSE(c.mail.override_by_request);
  EXPECT_FALSE(c.mail.html);
  EXPECT_FALSE(c.mail.templates);
  EXPECT_FALSE(c.debug);
  EXPECT_FALSE(c.audit_log || c.tls || c.permissions || c.common_passwords || c.disposable_domains);
  EXPECT_EQ(c.max_in_flight, 4096U);
  EXPECT_EQ(c.admin.email, "ada@localhost");
}

TEST_F(config_precedence, administrator_is_admin_where_the_system_knows_no_user) {
  auto nobody = around(dir, with_secrets());
  nobody.user.clear();
  EXPECT_EQ(load(nobody)->admin.email, "admin@localhost");
}

TEST_F(config_precedence, words_in_brackets_stand_for_directories) {
  std::filesystem::create_directory(dir / "base");
  dir.file("base/list", "x");
  const auto c = loaded({{"AUTHNZERVER_BASEDIR", "base/"}}, {"--commonpasswords=[[basedir]]/list"});
  EXPECT_EQ(c.basedir, dir / "base");
  EXPECT_EQ(c.common_passwords, dir / "base/list");
  EXPECT_EQ(c.store, dir / "base/authnzerver.lmdb");
  EXPECT_EQ(loaded({{"AUTHNZERVER_AUTHDB", "lmdb://[[homedir]]/s"}}).store, "/home/ada/s");
}

TEST_F(config_precedence, workers_are_accepted_with_a_warning) {
  const auto c = loaded({}, {"--workers=4"});
  ASSERT_EQ(c.warnings.size(), 1U);
  EXPECT_NE(c.warnings[0].find("workers"), std::string::npos);
}

TEST_F(config_precedence, mistyped_variables_give_a_warning) {
  const auto c = loaded({{"AUTHNZERVER_PIISALTT", "pepper"}});
  EXPECT_EQ(c.warnings, std::vector<std::string>{"AUTHNZERVER_PIISALTT is no variable of this program"});
}

}  // namespace
}  // namespace authnz::daemon
