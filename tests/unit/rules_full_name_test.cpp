#include <gtest/gtest.h>

#include <array>
#include <string>

#include "actors/rules/full_name.hpp"

using namespace authnz::actors::rules;
using namespace std::string_literals;

namespace {

const auto accepted = std::to_array<std::string>({

    // the contract's examples
    "Mr.Smith"s, "St. John"s, "J.Co"s,
    // names
    ""s, " "s, "Anna Smith"s, "O'Brien"s, "O&#x27;Brien"s, "Anna <anna> & \"Bob\""s, "J.R.R. Tolkien"s,
    "Dr. Anna Smith, Jr."s, "\u5C71\u7530 \u592A\u90CE"s, "Jos\u00E9 Mar\u00EDa"s, "Me.Us"s, "anna.smith"s,
    // white space that is made blanks, ends trimmed
    "Anna\tSmith\n"s, "Anna\u00A0\u2003Smith"s,
    // no host name: its suffix is unknown, or something else follows, or a label is empty
    "version 2.0"s, "1.2.3.4"s, "localhost"s, "com"s, "anna..me"s, "bit.ly!x"s, "anna@example"s,
    // not at a token's beginning
    "wwww.x"s, "ahttp:x"s});

const auto refused = std::to_array<std::string>({

    // the contract's examples
    "bit.ly/x"s, "Test User bIt.Ly/x"s, "HttPs://BIT.lY/x"s, "www.shop"s, "anna.me"s,
    // control characters and bidirectional overrides and isolates
    "Anna\0Smith"s, "Anna\x07Smith"s, "Anna\x7FSmith"s, "Anna\u202ESmith"s, "Anna\u202ASmith"s, "Anna\u2066Smith"s,
    "Anna\u2069Smith"s,
    // schemes
    "x://y"s, "a ://"s, "\uFF48ttp:x"s, "Anna HTTP:x"s, "anna@https:x"s, "WWW.x"s, "anna@www.x"s,
    // host names
    "anna.com"s, "ANNA.COM"s, "(anna.com)"s, "visit \"anna.com\"!"s, "<anna.com>"s, "&lt;anna.com&gt;"s, "anna.com."s,
    "anna.com./x"s, "anna.com:80"s, "anna.com?x"s, "anna.com#x"s, "anna@anna.co.uk"s, "co.uk"s, "Anna.Smith.Com"s,
    "anna\uFF0Ecom"s, "xn--bcher-kva.de"s, "b\u00FCcher.de"s, "anna.github.io"s,
    "\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444"s, "Anna.Com/x"s, "A1.Com"s, "Anna.COM"s});

TEST(full_name, passes_when_well_formed) {
  for (const std::string& name : accepted) EXPECT_TRUE(name_acceptable(name)) << name;
}

TEST(full_name, fails_by_any_rule) {
  for (const std::string& name : refused) EXPECT_FALSE(name_acceptable(name)) << name;
}

TEST(full_name, resolves_five_entities_once) {
  EXPECT_EQ(unescape_name("&amp;&lt;&gt;&quot;&#x27;"), "&<>\"'");
  EXPECT_EQ(unescape_name("&amp;amp;"), "&amp;");
  EXPECT_EQ(unescape_name("&amp;lt;"), "&lt;");
  EXPECT_EQ(unescape_name("&nbsp; &#39; & &am"), "&nbsp; &#39; & &am");
}

TEST(full_name, is_stored_escaped) {
  EXPECT_EQ(stored_name("O'Brien <\"x\"> & Co"), "O&#x27;Brien &lt;&quot;x&quot;&gt; &amp; Co");
}

TEST(full_name, is_stored_with_single_blanks) {
  EXPECT_EQ(stored_name("  Anna \t\n\u00A0 Smith\u2003"), "Anna Smith");
  EXPECT_EQ(stored_name(" \t"), "");
}

TEST(full_name, is_stored_composed_with_its_case) { EXPECT_EQ(stored_name("JOSE\u0301 \uFB01"), "JOS\u00C9 fi"); }

TEST(full_name, can_be_written_back_as_it_was_read) {
  for (const char* given : {"O'Brien & Sons", "&amp;amp;", "\uFF06amp;", "a < b", "&#x27;&quot;", "&nbsp;"}) {
    const std::string stored = stored_name(given);
    EXPECT_EQ(stored_name(stored), stored) << given;
  }
}

TEST(full_name, escapes_what_becomes_special_by_composition) { EXPECT_EQ(stored_name("\uFF1Cb\uFF1E"), "&lt;b&gt;"); }

}  // namespace
