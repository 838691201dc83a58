#include <gtest/gtest.h>

#include <string>

#include "actors/rules/unicode.hpp"

using namespace authnz::actors::rules;
using namespace std::string_literals;

TEST(unicode, folds_case_without_a_locale) { EXPECT_EQ(casefold("MÜNCHEN Straße İ ſ"), "münchen strasse i\u0307 s"); }

TEST(unicode, folds_beyond_a_nul) { EXPECT_EQ(casefold("A\0B"s), "a\0b"s); }

TEST(unicode, composes_compatibility_characters) {
  EXPECT_EQ(nfkc("\uFB01ne \uFF21 e\u0301 \u2460"), "fine A \u00E9 1");
}

TEST(unicode, normalises_beyond_a_nul) { EXPECT_EQ(nfkc("\uFF21\0\uFF22"s), "A\0B"s); }

TEST(unicode, normalises_addresses_on_both_sides) {
  EXPECT_EQ(normalise_address("\uFF21nna.Müller@Straße.Example"), "anna.müller@strasse.example");
}

TEST(unicode, decodes_and_encodes_code_points) {
  const std::string text = "a\u00E9\u20AC\U0001F600\0z"s;
  const std::u32string decoded = code_points(text);
  EXPECT_EQ(decoded, U"a\u00E9\u20AC\U0001F600\0z"s);
  std::string encoded;
  for (const char32_t c : decoded) append_utf8(encoded, c);
  EXPECT_EQ(encoded, text);
}

TEST(unicode, counts_code_points_not_bytes) {
  EXPECT_EQ(count_code_points("a\u00E9\u20AC\U0001F600\0z"s), 6U);
  EXPECT_EQ(count_code_points(""), 0U);
}
