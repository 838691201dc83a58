#include <gtest/gtest.h>

#include <sstream>

#include "tests/tool/scratch.hpp"
#include "tools/daemon/config_text.hpp"

namespace authnz::daemon {
namespace {

class secrets : public testing::Test {
 protected:
  variable_map salted(variable_map more) {
    more.emplace("AUTHNZERVER_PIISALT", "a grain of salt");
    return more;
  }
  scratch dir;
  const std::string key{a_key};
};

TEST_F(secrets, are_required) {
  EXPECT_TRUE(refusal(around(dir, {{"AUTHNZERVER_PIISALT", "x"}})).starts_with("secret: is not set"));
  EXPECT_TRUE(refusal(around(dir, {{"AUTHNZERVER_SECRET", key}})).starts_with("piisalt: is not set"));
}

TEST_F(secrets, come_as_value_path_or_file_variable) {
  const auto file = dir.file("key", "\n " + key + " \n");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"AUTHNZERVER_SECRET", key},
                                                        {"AUTHNZERVER_SECRET", file},
                                                        {"AUTHNZERVER_SECRETKEY", file},
                                                        {"AUTHNZERVER_SECRET_FILE", file},
                                                        {"AUTHNZERVER_SECRETKEY_FILE", file},
                                                        {"AUTHNZERVER_SECRET_FILE", "key"}}) {
    const auto c = load(around(dir, salted({{name, value}})));
    ASSERT_TRUE(c) << name << c.error().text;
    EXPECT_EQ(c->keys->keys().size(), 1U);
  }
}

TEST_F(secrets, hold_several_keys_between_commas_and_in_a_file_line_breaks) {
  const auto both = key + "," + std::string(another_key);
  EXPECT_EQ(load(around(dir, salted({{"AUTHNZERVER_SECRET", both}})))->keys->keys().size(), 2U);
  const auto file = dir.file("keys", key + "\n" + std::string(another_key) + "\n");
  EXPECT_EQ(load(around(dir, salted({{"AUTHNZERVER_SECRET", file}})))->keys->keys().size(), 2U);
}

TEST_F(secrets, refuse_both_forms_of_one) {
  const auto file = dir.file("key", key);
  EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRET", key}, {"AUTHNZERVER_SECRET_FILE", file}}))),
            "secret: AUTHNZERVER_SECRET and AUTHNZERVER_SECRET_FILE are both set; keep one of them");
  EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRETKEY", key}, {"AUTHNZERVER_SECRET_FILE", file}}))),
            "secret: AUTHNZERVER_SECRETKEY and AUTHNZERVER_SECRET_FILE are both set; keep one of them");
  EXPECT_EQ(refusal(around(dir, with_secrets({{"AUTHNZERVER_EMAILPASS", "a"}, {"AUTHNZERVER_EMAILPASS_FILE", file}}))),
            "emailpass: AUTHNZERVER_EMAILPASS and AUTHNZERVER_EMAILPASS_FILE are both set; keep one of them");
  EXPECT_EQ(refusal(around(
                dir, with_secrets({{"AUTHNZERVER_ADMIN_PASSWORD", "a"}, {"AUTHNZERVER_ADMIN_PASSWORD_FILE", file}}))),
            "AUTHNZERVER_ADMIN_PASSWORD and AUTHNZERVER_ADMIN_PASSWORD_FILE are both set; keep one of them");
}

TEST_F(secrets, refuse_files_that_others_may_read_or_change_and_say_what_mends_it) {
  for (const mode_t mode : {0640, 0604, 0620, 0644}) {
    const auto file = dir.file("open key", key, mode);
    EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRET", file}}))),
              "secret (AUTHNZERVER_SECRET): " + file + " can be read or changed by others; mend it with: chmod 400 '" +
                  file + "'");
  }
}

TEST_F(secrets, accept_files_of_the_owner_alone) {
  for (const mode_t mode : {0400, 0600, 0700})
    EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRET", dir.file("key", key, mode)}}))), "");
}

TEST_F(secrets, refuse_open_files_behind_a_link_as_well) {
  const auto file = dir.file("open", key, 0644);
  std::filesystem::create_symlink(file, dir / "link");
  EXPECT_NE(refusal(around(dir, salted({{"AUTHNZERVER_SECRET", dir / "link"}}))), "");
}

TEST_F(secrets, refuse_a_file_that_is_not_there_or_empty) {
  EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRET_FILE", "/no/such"}}))),
            "secret (AUTHNZERVER_SECRET_FILE): /no/such cannot be read: No such file or directory");
  const auto file = dir.file("empty", "\n");
  EXPECT_EQ(refusal(around(dir, salted({{"AUTHNZERVER_SECRET_FILE", file}}))),
            "secret (AUTHNZERVER_SECRET_FILE): " + file + " is empty");
}

TEST_F(secrets, never_appear_in_an_error) {
  const std::string almost = key.substr(1);
  const auto file = dir.file("almost", almost);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"AUTHNZERVER_SECRET", almost},
                                                        {"AUTHNZERVER_SECRET", "/" + almost},
                                                        {"AUTHNZERVER_SECRET", key + "," + almost},
                                                        {"AUTHNZERVER_SECRET", file},
                                                        {"AUTHNZERVER_SECRET_FILE", file}}) {
    const auto error = refusal(around(dir, salted({{name, value}})));
    EXPECT_FALSE(error.empty());
    EXPECT_EQ(error.find(almost), std::string::npos) << error;
    EXPECT_TRUE(error.starts_with("secret (" + name + "): ")) << error;
  }
}

TEST_F(secrets, warn_on_the_command_line_without_their_value) {
  const auto c = load(around(dir, salted({})), {"--secret=" + key});
  ASSERT_TRUE(c) << c.error().text;
  ASSERT_EQ(c->warnings.size(), 1U);
  EXPECT_TRUE(c->warnings[0].starts_with("--secret on the command line")) << c->warnings[0];
  EXPECT_EQ(c->warnings[0].find(key), std::string::npos);
}

TEST_F(secrets, do_not_warn_when_the_command_line_holds_a_path) {
  EXPECT_TRUE(load(around(dir, salted({})), {"--secretfile=" + dir.file("key", key)})->warnings.empty());
}

TEST_F(secrets, salt_is_trimmed_and_may_come_from_a_file) {
  const auto salt_of = [&](std::string value) {
    const auto c = load(around(dir, {{"AUTHNZERVER_SECRET", key}, {"AUTHNZERVER_PIISALT", std::move(value)}}));
    return c && c->pii_salt ? std::string(c->pii_salt->reveal()) : "";
  };
  EXPECT_EQ(salt_of("  pepper and salt\n"), "pepper and salt");
  EXPECT_EQ(salt_of(dir.file("salt", "sea salt\n", 0400)), "sea salt");
}

TEST_F(secrets, salt_none_means_no_salt) {
  const auto c = load(around(dir, {{"AUTHNZERVER_SECRET", key}, {"AUTHNZERVER_PIISALT", "none"}}));
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->pii_salt);
}

TEST_F(secrets, salt_that_looks_like_a_missing_file_is_refused) {
  const auto error = refusal(around(dir, {{"AUTHNZERVER_SECRET", key}, {"AUTHNZERVER_PIISALT", "/etc/no-such-salt"}}));
  EXPECT_EQ(error, "piisalt (AUTHNZERVER_PIISALT): looks like the path of a file, but there is no such file");
}

TEST_F(secrets, mail_password_is_a_value_even_where_a_file_has_its_name) {
  dir.file("letmein", "x");
  EXPECT_EQ(load(around(dir, with_secrets({{"AUTHNZERVER_EMAILPASS", "letmein"}})))->mail.route.password.reveal(),
            "letmein");
}

TEST_F(secrets, administrators_password_is_read_when_it_is_needed) {
  const auto c = load(around(dir, with_secrets({{"AUTHNZERVER_ADMIN_PASSWORD_FILE", dir / "later"}})));
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_FALSE(admin_password(*c));
  dir.file("later", "correct horse\n");
  EXPECT_EQ((*admin_password(*c))->reveal(), "correct horse");
}

TEST_F(secrets, keys_are_read_again_from_their_file) {
  const auto file = dir.file("key", key);
  const auto c = load(around(dir, salted({{"AUTHNZERVER_SECRET", file}})));
  dir.file("key", key + "," + std::string(another_key));
  EXPECT_EQ((*reread_keys(*c))->keys().size(), 2U);
  dir.file("key", "broken words");
  EXPECT_EQ(reread_keys(*c).error().find("broken"), std::string::npos);
}

TEST_F(secrets, are_stars_in_the_printed_configuration) {
  const auto c = load(around(dir, with_secrets({{"AUTHNZERVER_EMAILPASS", "letmein"}})));
  const auto text = effective_config_text(*c);
  EXPECT_NE(text.find("secret = ***  # from AUTHNZERVER_SECRET\n"), std::string::npos) << text;
  EXPECT_NE(text.find("port = 13431  # default\n"), std::string::npos) << text;
  for (const std::string_view hidden : {a_key, std::string_view("grain"), std::string_view("letmein")})
    EXPECT_EQ(text.find(hidden), std::string::npos);
}

}  // namespace
}  // namespace authnz::daemon
