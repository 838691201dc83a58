#include "tools/daemon/config_text.hpp"

#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"
#include "tools/daemon/envfile.hpp"

namespace authnz::daemon {
namespace {

TEST(config_text, help_names_every_option_and_variable) {
  const auto text = help_text();
  for (const auto& r : item_table) {
    for (const auto& name : options(r)) EXPECT_NE(text.find("--" + name), std::string::npos) << name;
    for (const auto& name : variables(r)) EXPECT_NE(text.find(name), std::string::npos) << name;
  }
  for (const auto* name : {"--help", "--version", "--envfile", "--print-config", "--autosetup", "--yes"})
    EXPECT_NE(text.find(name), std::string::npos) << name;
}

TEST(config_text, envfile_holds_every_item) {
  const scratch dir;
  const auto c = load(around(dir, with_secrets()));
  const auto variables = parse_envfile(envfile_text(*c, {}));
  ASSERT_TRUE(variables);
  for (const auto& r : item_table) EXPECT_TRUE(variables->contains(own_variable(r))) << r.name;
}

TEST(config_text, envfile_holds_no_secret) {
  const scratch dir;
  const auto c = load(around(dir, with_secrets({{"AUTHNZERVER_EMAILPASS", "letmein"}})));
  const auto text = envfile_text(*c, {});
  for (const std::string_view hidden : {a_key, std::string_view("grain"), std::string_view("letmein")})
    EXPECT_EQ(text.find(hidden), std::string::npos);
}

TEST(config_text, envfile_means_the_same_when_it_is_read) {
  const scratch dir;
  const variable_map odd{{"AUTHNZERVER_SERVERNAME", "100% ours"},
                         {"AUTHNZERVER_EMAILPASS_FILE", dir.file("mail", "letmein")},
                         {"AUTHNZERVER_SECRET", dir.file("key", a_key)},
                         {"AUTHNZERVER_PIISALT", dir.file("salt", "s")},
                         {"AUTHNZERVER_SESSIONMAXAGE", "7"}};
  const auto before = load(around(dir, odd));
  ASSERT_TRUE(before) << before.error().text;
  const auto after = load(around(dir), {"--envfile=" + dir.file("env", envfile_text(*before, {}))});
  ASSERT_TRUE(after) << after.error().text;
  EXPECT_EQ(after->server_name, "100% ours");
  EXPECT_EQ(after->mail.route.password.reveal(), "letmein");
  EXPECT_EQ(after->session_max_age_days, 7);
  EXPECT_TRUE(after->warnings.empty());
  for (std::size_t i = 0; i < item_count; ++i) EXPECT_EQ(after->shown[i].text, before->shown[i].text);
}

TEST(config_text, document_is_up_to_date) {
  EXPECT_EQ(content_of(AUTHNZ_SOURCE_DIR "/docs/configuration.md"), configuration_markdown())
      << "write it again: authnzerver --configuration-markdown > docs/configuration.md";
}

}  // namespace
}  // namespace authnz::daemon
