#include "tools/daemon/envfile.hpp"

#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

TEST(envfile, reads_keys_without_case_and_values_without_white_space_at_their_ends) {
  const auto variables = parse_envfile(" authnzerver_port =  80 \r\nPort=81");
  ASSERT_TRUE(variables);
  EXPECT_EQ(*variables, (variable_map{{"AUTHNZERVER_PORT", "80"}, {"PORT", "81"}}));
}

TEST(envfile, ignores_comments_sections_and_blank_lines) {
  EXPECT_EQ(*parse_envfile("# A=1\n; B=2\n[section]\n\n  # C=3\nD=4\n"), (variable_map{{"D", "4"}}));
}

TEST(envfile, reads_two_percent_signs_as_one) {
  EXPECT_EQ(*parse_envfile("A=50%%\nB=5%\nC=%%%%"), (variable_map{{"A", "50%"}, {"B", "5%"}, {"C", "%%"}}));
}

TEST(envfile, keeps_equals_signs_and_hashes_in_values) {
  EXPECT_EQ(*parse_envfile("A=b=c # d"), (variable_map{{"A", "b=c # d"}}));
}

TEST(envfile, keeps_the_last_of_repeated_keys) { EXPECT_EQ(*parse_envfile("A=1\na=2"), (variable_map{{"A", "2"}})); }

TEST(envfile, names_the_line_that_is_wrong_and_not_its_content) {
  EXPECT_EQ(parse_envfile("A=1\n\nhidden words").error(), "line 3 is not of the form KEY=value");
}

TEST(envfile, reads_what_it_writes) {
  const std::string value = "100%, %% and #[x]=y";
  EXPECT_EQ(parse_envfile(envfile_line("A", value))->at("A"), value);
}

TEST(envfile, names_the_file_that_is_not_there) {
  const scratch dir;
  EXPECT_EQ(read_envfile(dir / "none").error(), dir / "none" + ": cannot be read: No such file or directory");
}

}  // namespace
}  // namespace authnz::daemon
