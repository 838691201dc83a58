#include "tools/daemon/command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace authnz::daemon {
namespace {

tl::expected<command_line, start_error> parse(std::vector<std::string> arguments) {
  return parse_command_line(arguments);
}

TEST(command_line, takes_values_after_an_equals_sign_and_after_a_blank) {
  const auto line = parse({"--port=1", "--listen", "127.0.0.2"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->values.at("port"), "1");
  EXPECT_EQ(line->values.at("listen"), "127.0.0.2");
}

TEST(command_line, takes_an_empty_value_for_absent_and_leaves_the_next_argument_alone) {
  const auto line = parse({"--emailpass=", "--port=1"});
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->values.contains("emailpass"));
  EXPECT_EQ(line->values.at("port"), "1");
}

TEST(command_line, keeps_the_last_of_repeated_options) {
  EXPECT_EQ(parse({"--port=1", "--port=2"})->values.at("port"), "2");
}

TEST(command_line, keeps_values_with_brackets_as_they_are) {
  EXPECT_EQ(parse({"--basedir=[[homedir]]"})->values.at("basedir"), "[[homedir]]");
}

TEST(command_line, knows_its_switches) {
  const auto line = parse({"--autosetup", "--yes", "--help", "--version", "--print-config"});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->autosetup && line->yes && line->help && line->version && line->print_config);
}

TEST(command_line, suggests_the_nearest_option) {
  const auto line = parse({"--prot=1"});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().exit_code, exit_usage_error);
  EXPECT_EQ(line.error().text, "--prot is not an option of this program; did you mean --port? (see --help)");
}

TEST(command_line, suggests_nothing_when_nothing_is_near) {
  EXPECT_EQ(parse({"--quux-frobnicate"}).error().text,
            "--quux-frobnicate is not an option of this program (see --help)");
}

TEST(command_line, refuses_confvars_and_names_envfile) {
  for (const auto& arguments : {std::vector<std::string>{"--confvars=c.py"}, {"--confvars", "c.py"}}) {
    const auto line = parse(arguments);
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().exit_code, exit_start_error);
    EXPECT_NE(line.error().text.find("--envfile"), std::string::npos);
  }
}

TEST(command_line, refuses_arguments_that_are_no_options_without_showing_them) {
  const auto line = parse({"--piisalt", "sal", "tandpepper"});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().exit_code, exit_usage_error);
  EXPECT_EQ(line.error().text.find("tandpepper"), std::string::npos);
}

TEST(command_line, does_not_show_an_unknown_option_that_may_be_a_secret) {
  const auto line = parse({"--MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().text.find("MDEy"), std::string::npos);
}

TEST(command_line, refuses_an_option_without_its_value) {
  EXPECT_EQ(parse({"--port"}).error().text, "--port needs a value");
}

TEST(command_line, refuses_a_switch_with_a_value) {
  EXPECT_EQ(parse({"--help=1"}).error().text, "--help takes no value");
}

TEST(command_line, takes_yes_with_autosetup_only) { EXPECT_FALSE(parse({"--yes"})); }

TEST(command_line, accepts_every_item_of_the_table) {
  for (const auto& r : item_table)
    for (const auto& name : options(r)) EXPECT_TRUE(parse({"--" + name + "=x"})) << name;
}

}  // namespace
}  // namespace authnz::daemon
