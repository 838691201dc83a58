#include "actors/password_hash.hpp"

#include <argon2.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace authnz::actors {
namespace {

constexpr std::array<unsigned char, 16> salt{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};
constexpr argon2_params cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

/// What the reference implementation writes.
std::string reference(argon2_type type, std::uint32_t version, const argon2_params& p, const std::string& password,
                      std::size_t salt_size = 16, std::size_t tag_size = 32) {
  std::vector<unsigned char> long_salt(salt_size);
  for (std::size_t i = 0; i < salt_size; ++i) long_salt[i] = salt[i % salt.size()];
  std::string text(512, '\0');
  const int error = argon2_hash(p.passes, p.memory_kib, p.lanes, password.data(), password.size(), long_salt.data(),
                                salt_size, nullptr, tag_size, text.data(), text.size(), type, version);
  EXPECT_EQ(error, ARGON2_OK) << argon2_error_message(error);
  text.resize(std::strlen(text.c_str()));
  return text;
}

TEST(password_hash, is_the_reference_implementations) {
  password_hasher hasher;
  for (const argon2_params p : {argon2_params{8, 1, 1}, argon2_params{64, 2, 1}, argon2_params{1000, 3, 1},
                                argon2_params{64, 1, 4}, argon2_params{1024, 4, 3}, argon2_params{512, 1, 64}})
    for (const std::string& password :
         {std::string(), std::string("Gr\xc3\xbc\xc3\x9f"), std::string(4096, 'x'), std::string("cut\0here", 8)})
      EXPECT_EQ(hasher.make(password, salt, p), reference(Argon2_id, ARGON2_VERSION_13, p, password));
}

TEST(password_hash, verifies_what_it_made) {
  password_hasher hasher;
  const auto phc = hasher.make("correct horse", salt, cheap);
  EXPECT_TRUE(hasher.verify("correct horse", phc));
  EXPECT_FALSE(hasher.verify("correct horsf", phc));
  EXPECT_FALSE(hasher.verify("", phc));
}

TEST(password_hash, does_not_cut_at_a_nul) {
  password_hasher hasher;
  const auto phc = hasher.make(std::string_view("cut\0here", 8), salt, cheap);
  EXPECT_FALSE(hasher.verify("cut", phc));
}

TEST(password_hash, verifies_imported_hashes_of_all_kinds) {
  password_hasher hasher;
  for (const auto type : {Argon2_i, Argon2_id})
    for (const std::uint32_t version : {0x10U, 0x13U})
      for (const argon2_params p : {argon2_params{8, 1, 1}, argon2_params{64, 3, 1}, argon2_params{256, 2, 8}})
        for (const auto& [salt_size, tag_size] : {std::pair{16, 32}, {8, 12}, {48, 64}, {16, 16}}) {
          const auto phc = reference(type, version, p, "imported", salt_size, tag_size);
          EXPECT_TRUE(hasher.verify("imported", phc)) << phc;
          EXPECT_FALSE(hasher.verify("Imported", phc)) << phc;
        }
}

// RFC 9106 gives vectors with a secret only; these come from the reference
// implementation's own tests.
TEST(password_hash, verifies_published_hashes) {
  password_hasher hasher;
  EXPECT_TRUE(
      hasher.verify("password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"));
  EXPECT_TRUE(hasher.verify("password",
                            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
  EXPECT_TRUE(hasher.verify("password",
                            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"));
  // Without `v`, it is version 16.
  EXPECT_TRUE(
      hasher.verify("password", "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"));
}

TEST(password_hash, verifies_no_damaged_or_costly_hash) {
  password_hasher hasher;
  const std::string s = "AQIDBAUGBwgJCgsMDQ4P/w";
  const auto phc = hasher.make("p", salt, cheap);
  const std::string t = phc.substr(phc.rfind('$') + 1);
  ASSERT_TRUE(hasher.verify("p", "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t)) << t;
  for (const std::string& damaged : {
           std::string(),
           std::string("$"),
           std::string("$$$$$"),
           std::string("argon2id"),
           std::string("$argon2id$"),
           "$argon2d$v=19$m=64,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=18$m=64,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=$m=64,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=1048577,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=4294967295,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=99999999999999999999,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=65,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=0,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=1,p=0$" + s + "$" + t,
           "$argon2id$v=19$m=1024,t=1,p=65$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=1,p=9$" + s + "$" + t,
           "$argon2id$v=19$m=7,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=064,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=-64,t=1,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=1,p=1,keyid=x$" + s + "$" + t,
           "$argon2id$v=19$t=1,m=64,p=1$" + s + "$" + t,
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t + "=",
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t + "$",
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t + " ",
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t.substr(1),
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + t.substr(0, 8),
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$",
           "$argon2id$v=19$m=64,t=1,p=1$" + s,
           "$argon2id$v=19$m=64,t=1,p=1$AQID$" + t,
           "$argon2id$v=19$m=64,t=1,p=1$!!!!!!!!!!!!!!!!$" + t,
           "$argon2id$v=19$m=64,t=1,p=1$" + std::string(4000, 'A') + "$" + t,
           "$argon2id$v=19$m=64,t=1,p=1$" + s + "$" + std::string(4000, 'A'),
       })
    EXPECT_FALSE(hasher.verify("p", damaged)) << damaged;
}

TEST(password_hash, survives_a_hash_that_ends_anywhere) {
  password_hasher hasher;
  const auto phc = hasher.make("p", salt, cheap);
  for (std::size_t size = 0; size < phc.size(); ++size) EXPECT_FALSE(hasher.verify("p", phc.substr(0, size))) << size;
}

TEST(password_hash, computes_rightly_after_a_larger_and_a_smaller_one) {
  password_hasher hasher(128);
  const auto expected = reference(Argon2_id, ARGON2_VERSION_13, {100, 1, 2}, "again");
  for (const std::uint32_t kib : {100U, 2000U, 100U, 16U, 100U}) {
    hasher.dummy("something", {kib, 1, 2});
    EXPECT_EQ(hasher.make("again", salt, {100, 1, 2}), expected);
  }
}

TEST(password_hash, is_made_anew_when_the_parameters_change) {
  password_hasher hasher;
  const auto phc = hasher.make("p", salt, cheap);
  EXPECT_FALSE(needs_rehash(phc, cheap));
  EXPECT_TRUE(needs_rehash(phc, {128, 1, 1}));
  EXPECT_TRUE(needs_rehash(phc, {64, 2, 1}));
  EXPECT_TRUE(needs_rehash(phc, {64, 1, 2}));
}

TEST(password_hash, is_made_anew_when_the_kind_or_a_length_is_another) {
  EXPECT_TRUE(needs_rehash(reference(Argon2_i, ARGON2_VERSION_13, cheap, "p"), cheap));
  EXPECT_TRUE(needs_rehash(reference(Argon2_id, ARGON2_VERSION_10, cheap, "p"), cheap));
  EXPECT_TRUE(needs_rehash(reference(Argon2_id, ARGON2_VERSION_13, cheap, "p", 8, 32), cheap));
  EXPECT_TRUE(needs_rehash(reference(Argon2_id, ARGON2_VERSION_13, cheap, "p", 16, 16), cheap));
  EXPECT_TRUE(needs_rehash("no hash", cheap));
}

TEST(argon2_item, is_read_in_any_order_and_merged_over_the_defaults) {
  EXPECT_EQ(parse_argon2("m=65536,t=3,p=1").value(), argon2_params{});
  EXPECT_EQ(parse_argon2("p=4, m=32 ,t=1").value(), (argon2_params{32, 1, 4}));
  EXPECT_EQ(parse_argon2("t=64").value(), (argon2_params{65536, 64, 1}));
  EXPECT_EQ(parse_argon2("m=1048576,p=64").value(), (argon2_params{1048576, 3, 64}));
}

TEST(argon2_item, refuses_what_is_out_of_range_or_unknown) {
  for (const auto* text : {"m=7", "m=1048577", "m=15,p=2", "t=0", "t=65", "p=0", "p=65", "m=", "m=1e5", "m=64k", "x=1",
                           "m", "m=64;t=1", "m=64,m=64", "m=-64", "m=99999999999", ",m=64", "m=64,,t=1"})
    EXPECT_FALSE(parse_argon2(text)) << text;
}

TEST(argon2_item, names_what_is_wrong) {
  EXPECT_EQ(parse_argon2("m=65536,t=0").error(), "t must be within 1 and 64");
  EXPECT_EQ(parse_argon2("m=many").error(), "m must be a whole number");
}

}  // namespace
}  // namespace authnz::actors
