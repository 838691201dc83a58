#include <gtest/gtest.h>

#include <string>

#include "actors/rules/password_policy.hpp"
#include "actors/rules/unicode.hpp"

using namespace authnz::actors::rules;
using namespace std::string_literals;
using authnz::proto::code;
using codes = std::vector<code>;

namespace {

const password_list no_common{{}};

codes judge(std::string_view password, const judged_against& against = {}, const password_policy& policy = {}) {
  return judge(password, against, policy, no_common);
}

TEST(password_policy, passes_a_good_password) { EXPECT_EQ(judge("kurz&knapp-42"), codes{}); }

TEST(password_policy, counts_squeezed_code_points) {
  EXPECT_EQ(judge("abcdefghijkl"), codes{});
  EXPECT_EQ(judge("abcdefghijk"), codes{code::password_too_short});
  EXPECT_EQ(judge("äöüßéàèùâêîô"), codes{});
  EXPECT_EQ(judge("äöüßéàèùâêî"), codes{code::password_too_short});
  EXPECT_EQ(judge("  abcdefg \t\r\nhij "), codes{code::password_too_short});
  EXPECT_EQ(judge("abcdefg hijk"), codes{});
  EXPECT_EQ(judge("\0abcdefghijk\x1F"s), codes{code::password_too_short});
  EXPECT_EQ(judge("abcde\u00A0\u00A0fghij"), codes{});
}

TEST(password_policy, knows_common_passwords_in_any_case) {
  const password_list common({"geheimes passwort",
                              "stra\xC3\x9F"
                              "e"});
  const password_policy lenient{0, 1000, 1, 1};
  EXPECT_EQ(judge("Geheimes PASSWORT", {}, lenient, common), codes{code::password_common});
  EXPECT_EQ(judge("geheimes  passwort", {}, lenient, common), codes{});
}

TEST(password_policy, compares_with_server_address_and_name) {
  EXPECT_EQ(judge("Login.Example", {"login.example", {}, {}}), codes{code::password_too_similar});
  EXPECT_EQ(judge("anna@example.org1", {"", {"ANNA@example.org"}, {}}), codes{code::password_too_similar});
  EXPECT_EQ(judge("Anna Blumenthal!", {"", {}, {"Someone Else", "anna blumenthal"}}),
            codes{code::password_too_similar});
  EXPECT_EQ(judge("kurz&knapp-42", {"login.example", {"anna@example.org"}, {"Anna Blumenthal"}}), codes{});
}

TEST(password_policy, does_not_compare_with_empty_texts) {
  EXPECT_EQ(judge("kurz&knapp-42", {"", {""}, {""}}), codes{});
}

TEST(password_policy, refuses_from_the_limit_of_similarity_on) {
  // 2 x 6 matched of 12 + 12.
  EXPECT_EQ(judge("abcdef######", {"abcdefghijkl", {}, {}}, {12, 50, 1, 25}), codes{code::password_too_similar});
  EXPECT_EQ(judge("abcdef######", {"abcdefghijkl", {}, {}}, {12, 51, 1, 25}), codes{});
}

TEST(password_policy, compares_the_squeezed_form) {
  const password_policy strict{0, 100, 1, 25};
  EXPECT_EQ(judge("  Anna   Blume ", {"", {}, {"anna blume"}}, strict), codes{code::password_too_similar});
}

TEST(password_policy, refuses_above_the_frequency_of_one_character) {
  EXPECT_EQ(judge("aaabcdefgh", {}, {0, 50, 0.3, 25}), codes{});
  EXPECT_EQ(judge("aaaabcdefgh", {}, {0, 50, 0.3, 25}), codes{code::password_repetitive});
  EXPECT_EQ(judge("aaAAbcdefghi", {}, {0, 50, 0.3, 25}), codes{});
  EXPECT_EQ(judge("\u00E4\u00E4\u00E4\u00E4bcdefghi", {}, {0, 50, 0.3, 25}), codes{code::password_repetitive});
  EXPECT_EQ(judge("    abcdefgh", {}, {0, 50, 0.3, 25}), codes{code::password_repetitive});
}

TEST(password_policy, refuses_digits_of_every_script) {
  EXPECT_EQ(judge("139572046813"), codes{code::password_numeric});
  EXPECT_EQ(judge("\u0661\u0663\u0669\u0665\u0667\u0662\u0660\u0664\u0666\u0668\u0661\u0663"),
            codes{code::password_numeric});
  EXPECT_EQ(judge("139572046813\u00BD"), codes{});
  EXPECT_EQ(judge("139572 046813"), codes{});
}

TEST(password_policy, reports_every_rule_in_order) {
  EXPECT_EQ(judge("1111", {"1111", {}, {}}, {}, password_list({"1111"})),
            (codes{code::password_too_short, code::password_common, code::password_too_similar,
                   code::password_repetitive, code::password_numeric}));
}

TEST(password_policy, finds_an_empty_password_too_short) { EXPECT_EQ(judge(""), codes{code::password_too_short}); }

TEST(password_policy, bounds_passwords_by_code_points) {
  std::string longest;
  for (int i = 0; i < 1024; ++i) longest += "\u20AC";
  EXPECT_FALSE(too_long(longest));
  EXPECT_TRUE(too_long(longest + "a"));
}

TEST(password_policy, is_read_in_any_order) {
  const auto policy = parse_password_policy(
      " min_pwned_matches : 7;max_char_frequency:0.5 ; min_pass_length:8;max_unsafe_similarity:60;");
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_EQ(policy->min_pass_length, 8);
  EXPECT_EQ(policy->max_unsafe_similarity, 60);
  EXPECT_EQ(policy->max_char_frequency, 0.5);
  EXPECT_EQ(policy->min_pwned_matches, 7);
}

TEST(password_policy, keeps_defaults_of_missing_names) {
  const auto policy = parse_password_policy("min_pass_length:10");
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_EQ(policy->min_pass_length, 10);
  EXPECT_EQ(policy->max_unsafe_similarity, 50);
  EXPECT_EQ(policy->max_char_frequency, 0.3);
  EXPECT_EQ(policy->min_pwned_matches, 25);
  EXPECT_TRUE(parse_password_policy(""));
}

TEST(password_policy, names_what_it_cannot_read) {
  EXPECT_EQ(parse_password_policy("min_length:8").error(), "\"min_length\" is no rule");
  EXPECT_EQ(parse_password_policy("min_pass_length").error(), "\"min_pass_length\" is not name:value");
  for (const char* bad :
       {"min_pass_length:", "min_pass_length:x", "min_pass_length:8.5", "min_pass_length:-1", "min_pass_length:1025",
        "min_pass_length:8 9", "max_unsafe_similarity:0", "max_char_frequency:0", "max_char_frequency:1.5",
        "max_char_frequency:nan", "min_pwned_matches:0", "min_pwned_matches:99999999999"}) {
    const auto policy = parse_password_policy(bad);
    ASSERT_FALSE(policy) << bad;
    EXPECT_NE(policy.error().find("must be"), std::string::npos) << bad;
  }
}

}  // namespace
