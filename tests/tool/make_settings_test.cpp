#include "tools/daemon/make_settings.hpp"

#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

TEST(make_settings, takes_what_the_configuration_says) {
  const scratch dir;
  const auto c =
      load(around(dir, with_secrets()),
           {"--servername=auth", "--maxstring=9", "--userlocktries=2", "--userlocktime=3", "--sessionexpiry=4",
            "--sessionmaxage=5", "--argon2=m=64,t=1,p=1", "--ratelimits=none", "--passpolicy=min_pass_length:20"});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_TRUE(made) << made.error();
  const auto& s = **made;
  EXPECT_EQ(s.server_name, "auth");
  EXPECT_EQ(s.limits.text, 9U);
  EXPECT_EQ(s.lock_tries, 2U);
  EXPECT_EQ(s.lock_seconds, 3);
  EXPECT_EQ(s.session_expiry_days, 4);
  EXPECT_EQ(s.session_max_age_days, 5);
  EXPECT_EQ(s.argon2, (actors::argon2_params{64, 1, 1}));
  EXPECT_FALSE(s.rates.enabled);
  EXPECT_EQ(s.policy.min_pass_length, 20);
  EXPECT_GE(s.common_passwords->size(), 10000U);
  EXPECT_GT(s.disposable_domains->size(), 0U);
}

TEST(make_settings, renews_lists_from_files_and_keeps_old_ones_that_broke) {
  const scratch dir;
  const auto common = dir.file("common", "first\n");
  const auto domains = dir.file("domains", "one.example\n");
  const auto c = load(around(dir, with_secrets()), {"--commonpasswords=" + common, "--disposabledomains=" + domains});
  ASSERT_TRUE(c) << c.error().text;
  const auto before = make_settings(*c);
  ASSERT_TRUE(before) << before.error();
  dir.file("common", "second\n");
  std::filesystem::remove(domains);
  const auto after = remake_settings(*c, **before);
  EXPECT_TRUE(after.settings->common_passwords->contains("second"));
  EXPECT_FALSE(after.settings->common_passwords->contains("first"));
  EXPECT_TRUE(after.settings->disposable_domains->contains("one.example"));
  ASSERT_EQ(after.errors.size(), 1U);
  EXPECT_TRUE(after.errors[0].starts_with("disposabledomains: ")) << after.errors[0];
}

}  // namespace
}  // namespace authnz::daemon
