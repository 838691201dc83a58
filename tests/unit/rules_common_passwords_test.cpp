#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "actors/rules/password_policy.hpp"

using namespace authnz::actors::rules;

namespace {

std::filesystem::path write_file(const std::string& name, const std::string& content) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

const password_list& built_in() {
  static const password_list list = password_list::built_in();
  return list;
}

// The list is a set, so its size counts different passwords.
TEST(common_passwords, are_at_least_ten_thousand) {
  EXPECT_GE(built_in().size(), 10'000U);
  EXPECT_LE(built_in().size(), 300'000U) << "a bigger list costs memory and time at every start";
}

TEST(common_passwords, include_what_people_choose) {
  for (const char* password : {"password",
                               "123456",
                               "qwerty",
                               "iloveyou",
                               "password1234",
                               "password123!",
                               "qwerty123456",
                               "1q2w3e4r5t6y",
                               "123456789012",
                               "iloveliverpool",
                               "p@ssw0rd1234",
                               "administrator",
                               "correcthorsebatterystaple",
                               "passwordpassword",
                               "letmeinletmein",
                               "qwertyuiop123",
                               "1qaz2wsx3edc",
                               "welcome@2023",
                               "admin1234567",
                               "superman1990",
                               "abcdefghijkl",
                               "asdfghjkl123",
                               "aaaaaaaaaaaa",
                               "abc123abc123",
                               "zaq12wsxcde3",
                               "9876543210987654",
                               "september2024",
                               "14september1990",
                               "dasistmeinpasswort",
                               "motdepasse123",
                               "contrasena2020",
                               "drowssap"})
    EXPECT_TRUE(built_in().contains(password)) << password;
}

TEST(common_passwords, leave_others_alone) {
  for (const char* password : {"", "kurz&knapp-42", "blue lamp under the stairs", "tr0ub4dor-and-me", "zx81spectrum!"})
    EXPECT_FALSE(built_in().contains(password)) << password;
}

TEST(common_passwords, are_read_from_a_file) {
  const auto list = password_list::load(write_file("common", "Geheim\r\n\n  \nhunter 2\nSTRASSE\ngeheim"));
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(list->size(), 3U);
  EXPECT_TRUE(list->contains("geheim"));
  EXPECT_TRUE(list->contains("hunter 2"));
  EXPECT_TRUE(list->contains("strasse"));
  EXPECT_FALSE(list->contains("password"));
}

TEST(common_passwords, name_the_file_that_cannot_be_read) {
  const auto list = password_list::load("/nonexistent/common");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error(), "cannot read /nonexistent/common: No such file or directory");
}

}  // namespace
