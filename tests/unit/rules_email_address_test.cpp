#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>

#include "actors/rules/confusable.hpp"
#include "actors/rules/email_address.hpp"

using namespace authnz::actors::rules;
using namespace std::string_literals;

namespace {

bool accepts(const std::string& address) { return address_acceptable(address, domain_list::built_in()); }

std::filesystem::path write_file(const std::string& name, const std::string& content) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

const auto accepted = std::to_array<std::string>({"anna@example.com"s,
                                                  "Anna.Smith@Example.COM"s,
                                                  "anna@localhost"s,
                                                  "a@b"s,
                                                  "1@2.3"s,
                                                  "o'brien+tag@example.com"s,
                                                  "o\u2019brien@example.com"s,
                                                  "!#$%&'*+/=?^_`{|}~-.@example.com"s,
                                                  "\uFF21nna@example.com"s,
                                                  "anna\uFF20example.com"s,
                                                  "anna@b\u00FCcher.example"s,
                                                  "anna@\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444"s,
                                                  "anna@\u65E5\u672C.jp"s,
                                                  "anna@\u0939\u093F\u0928\u094D\u0926\u0940.\u092D\u093E\u0930\u0924"s,
                                                  "anna@xn--bcher-kva.example"s,
                                                  "anna@xn--e1afmkfd.com"s,
                                                  "anna@a-b.example"s,
                                                  "admins@example.com"s,
                                                  "a.admin@example.com"s,
                                                  std::string(64, 'a') + "@example.com",
                                                  "anna@" + std::string(63, 'a') + ".example",
                                                  "anna@" + repeat("a.", 124) + "a"});

const auto refused = std::to_array<std::string>({

    // one @, no white space, lengths
    ""s, "@"s, "anna"s, "anna@"s, "@example.com"s, "anna@b@example.com"s, "anna@b\uFF20example.com"s,
    " anna@example.com"s, "anna@example.com "s, "an na@example.com"s, "anna@exam\u00A0ple.com"s, "anna@example.com\n"s,
    "anna\r\n@example.com"s, "anna@example\u2028.com"s, std::string(65, 'a') + "@example.com",
    "anna@" + repeat("a.", 124) + "ab",
    // characters
    "\u00E4nna@example.com"s, "anna,b@example.com"s, "\"anna\"@example.com"s, "anna\0@example.com"s,
    "anna(x)@example.com"s, "anna@example..com"s, "anna@.example.com"s, "anna@example.com."s, "anna@-example.com"s,
    "anna@example-.com"s, "anna@exa_mple.com"s, "anna@[127.0.0.1]"s, "anna@exam\u200Bple.com"s,
    "anna@" + std::string(64, 'a') + ".example", "anna@\u0301a.example"s,
    // reserved
    "admin@example.com"s, "ADMIN@example.com"s, "\uFF41dmin@example.com"s, ".htaccess@example.com"s,
    "crossdomain.xml@example.com"s, "no-reply@example.com"s, "www@example.com"s, "abuse@example.com"s,
    // disposable
    "anna@mailinator.com"s, "anna@Mailinator.COM"s, "anna@a.b.mailinator.com"s,
    // confusable
    "anna@ex\u0430mple.com"s, "anna@\u0440\u0430ypal.com"s, "anna@\u043F\u0440\u0438\u043C\u0435\u0440.com"s,
    "anna@g\u03BF\u03BFgle.com"s, "anna@xn--exmple-4nf.com"s, "anna@XN--EXMPLE-4NF.com"s, "anna@xn--pypal-4ve.com"s,
    "a\u1FEFb@example.com"s});

TEST(email_address, passes_when_well_formed) {
  for (const std::string& address : accepted) EXPECT_TRUE(accepts(address)) << address;
}

TEST(email_address, fails_by_any_rule) {
  for (const std::string& address : refused) EXPECT_FALSE(accepts(address)) << address;
}

TEST(email_address, reserves_whole_local_parts_only) { EXPECT_TRUE(accepts("admin.smith@example.com")); }

TEST(email_address, of_a_seeded_user_needs_one_at_sign_only) {
  EXPECT_TRUE(seed_address_acceptable("admin@localhost"));
  EXPECT_TRUE(seed_address_acceptable("Ädmin \uFF20 mailinator.com"));
  EXPECT_FALSE(seed_address_acceptable("admin"));
  EXPECT_FALSE(seed_address_acceptable("admin@local@host"));
  EXPECT_FALSE(seed_address_acceptable("admin@local\uFF20host"));
}

TEST(domain_list, reads_a_domain_a_line) {
  const auto path = write_file("domains", "# throw-aways\r\n\n  Trash.Example  # why\nb\u00FCro.example\r\n#c.example");
  const auto list = domain_list::load(path);
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(list->size(), 2U);
  EXPECT_TRUE(list->contains("trash.example"));
  EXPECT_TRUE(list->contains("a.b.trash.example"));
  EXPECT_TRUE(list->contains("b\u00FCro.example"));
  EXPECT_FALSE(list->contains("mytrash.example"));
  EXPECT_FALSE(list->contains("example"));
  EXPECT_FALSE(list->contains("c.example"));
}

TEST(domain_list, names_the_file_that_it_cannot_read) {
  const auto list = domain_list::load("/nonexistent/domains");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error(), "cannot read /nonexistent/domains: No such file or directory");
  EXPECT_FALSE(domain_list::load(::testing::TempDir()));
}

TEST(confusable, is_a_mixture_with_look_alikes) {
  EXPECT_TRUE(is_confusable("ex\u0430mple"));
  EXPECT_TRUE(is_confusable("EX\u0410MPLE"));
  EXPECT_TRUE(is_confusable("\u0430\u03BF"));
}

TEST(confusable, is_no_text_of_one_script) {
  EXPECT_FALSE(is_confusable(""));
  EXPECT_FALSE(is_confusable("example-1.com"));
  EXPECT_FALSE(is_confusable("\u0430\u0440\u0435"));
  EXPECT_FALSE(is_confusable("\u0430\u0440\u0435-2024.\u0440\u0444"));
  EXPECT_FALSE(is_confusable("\u30BD\u30CB\u30FC\u65E5\u672C"));
}

}  // namespace
