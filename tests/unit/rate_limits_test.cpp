#include "actors/rate_limits.hpp"

#include <gtest/gtest.h>

namespace authnz::actors {
namespace {

using proto::request;

allowance allowance_of(const rate_limits& limits, request r) { return limits.allowance_of(proto::row(r)); }

TEST(rate_limits, are_the_contracts_by_default) {
  const auto limits = parse_rate_limits("").value();
  EXPECT_TRUE(limits.enabled);
  EXPECT_EQ(allowance_of(limits, request::session_new), (allowance{600, 150}));
  EXPECT_EQ(allowance_of(limits, request::internal_session_edit), (allowance{3000, 150}));
  EXPECT_EQ(allowance_of(limits, request::user_list), (allowance{480, 150}));
  EXPECT_EQ(allowance_of(limits, request::user_new), (allowance{5, 5}));
  EXPECT_EQ(allowance_of(limits, request::user_passcheck), (allowance{30, 30}));
}

TEST(rate_limits, of_a_named_request_are_its_capacity_too) {
  const auto limits = parse_rate_limits("user-list:10; burst:7; user-login: 2000").value();
  EXPECT_EQ(allowance_of(limits, request::user_list), (allowance{10, 10}));
  EXPECT_EQ(allowance_of(limits, request::user_login), (allowance{2000, 2000}));
  EXPECT_EQ(allowance_of(limits, request::session_exists), (allowance{600, 7}));
}

TEST(rate_limits, of_groups_are_merged_over_the_defaults) {
  const auto limits = parse_rate_limits(" session : 100 ;user:1;; internal:4294967295;burst:1000; ").value();
  EXPECT_EQ(allowance_of(limits, request::session_new), (allowance{100, 1000}));
  EXPECT_EQ(allowance_of(limits, request::user_list), (allowance{1, 1000}));
  EXPECT_EQ(allowance_of(limits, request::internal_session_edit), (allowance{4294967295, 1000}));
  EXPECT_EQ(allowance_of(limits, request::user_new), (allowance{5, 5}));
}

TEST(rate_limits, accept_the_alias_of_a_request) {
  const auto limits = parse_rate_limits("user-verify-email:3").value();
  EXPECT_EQ(allowance_of(limits, request::user_set_emailverified), (allowance{3, 3}));
}

TEST(rate_limits, are_turned_off_by_none_in_any_case) {
  EXPECT_FALSE(parse_rate_limits("none").value().enabled);
  EXPECT_FALSE(parse_rate_limits("  NoNe ").value().enabled);
}

TEST(rate_limits, name_the_key_that_is_wrong) {
  EXPECT_EQ(parse_rate_limits("user:1;visitor:5").error(), "unknown key \"visitor\"");
  EXPECT_EQ(parse_rate_limits("none;user:1").error(), "unknown key \"none\"");
  for (const auto* text : {"burst:0", "burst:-1", "burst:+1", "burst:1.5", "burst:", "burst", "burst:x", "burst:1 0",
                           "burst:4294967296", "burst:1:2"})
    EXPECT_EQ(parse_rate_limits(text).error(), "burst: must be a whole number of at least 1") << text;
}

}  // namespace
}  // namespace authnz::actors
