#include "tools/daemon/credentials_file.hpp"

#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

constexpr std::chrono::sys_seconds moment{std::chrono::seconds{1234567890}};

TEST(credentials_file, holds_address_and_password_for_the_owner_alone) {
  const scratch dir;
  const auto file = write_credentials(dir.path(), "root@localhost", proto::secret("s3cret"), moment);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(*file, dir / ".authnzerver-admin-credentials");
  EXPECT_EQ(content_of(*file), "root@localhost s3cret\n");
  EXPECT_EQ(mode_of(*file), 0400);
}

TEST(credentials_file, does_not_hold_a_password_that_the_operator_gave) {
  const scratch dir;
  EXPECT_EQ(content_of(*write_credentials(dir.path(), "a@b", std::nullopt, moment)), "a@b set-by-operator\n");
}

TEST(credentials_file, gets_the_time_into_its_name_when_there_is_one_already) {
  const scratch dir;
  dir.file(".authnzerver-admin-credentials", "old");
  const auto file = write_credentials(dir.path(), "a@b", std::nullopt, moment);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(*file, dir / ".authnzerver-admin-credentials-1234567890");
  EXPECT_EQ(mode_of(*file), 0400);
  EXPECT_EQ(content_of(dir / ".authnzerver-admin-credentials"), "old");
}

TEST(credentials_file, is_never_overwritten) {
  const scratch dir;
  dir.file(".authnzerver-admin-credentials", "old");
  dir.file(".authnzerver-admin-credentials-1234567890", "older");
  const auto file = write_credentials(dir.path(), "a@b", proto::secret("s3cret"), moment);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace authnz::daemon
