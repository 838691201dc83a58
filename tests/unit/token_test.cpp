#include "proto/token.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "proto/base64.hpp"

namespace authnz::proto {
namespace {

constexpr auto none = base64_padding::none;

std::array<unsigned char, 32> counting_bytes() {
  std::array<unsigned char, 32> bytes{};
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
  return bytes;
}

std::string as_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    (out += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

std::string as_text(std::span<const unsigned char> bytes) { return {bytes.begin(), bytes.end()}; }

// FIPS 180-2, appendix B.1.
TEST(sha256, matches_the_published_vector) {
  EXPECT_EQ(as_hex(as_text(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(token, is_its_time_and_its_random_bytes) {
  std::string bytes;
  ASSERT_TRUE(decode_base64_url(make_token(0x0102030405060708, counting_bytes()), none, bytes));
  EXPECT_EQ(as_hex(bytes), "0102030405060708" + as_hex(as_text(counting_bytes())));
}

TEST(token, is_stored_under_its_time_and_its_hash) {
  const std::string token = make_token(0x0102030405060708, counting_bytes());
  std::string bytes;
  ASSERT_TRUE(decode_base64_url(token, none, bytes));
  EXPECT_EQ(token_key(token), bytes.substr(0, 8) + as_text(sha256(bytes)));
}

TEST(token, keys_ascend_with_time) {
  const auto key = [](std::uint64_t ns) { return *token_key(make_token(ns, counting_bytes())); };
  EXPECT_LT(key(0xFF), key(0x100));
  EXPECT_LT(key(0x7FFF'FFFF'FFFF'FFFF), key(0x8000'0000'0000'0000));
}

TEST(token, has_40_to_128_bytes) {
  const auto is_token = [](std::size_t size) {
    return token_key(base64_url(std::string(size, 'x'), none)).has_value();
  };
  EXPECT_FALSE(is_token(39));
  EXPECT_TRUE(is_token(40));
  EXPECT_TRUE(is_token(128));
  EXPECT_FALSE(is_token(129));
  EXPECT_FALSE(is_token(0));
  EXPECT_FALSE(is_token(4096));
}

TEST(token, has_one_spelling) {
  const std::string token = make_token(1, counting_bytes());
  EXPECT_FALSE(token_key(token + "=="));
  EXPECT_FALSE(token_key(token + "\n"));
  std::string other_bits = token;
  ++other_bits.back();
  EXPECT_FALSE(token_key(other_bits));
}

// The layout of RFC 4122, section 4.4, around bytes that are all ones.
TEST(uuid4, marks_version_and_variant) {
  std::array<unsigned char, 16> ones{};
  ones.fill(0xFF);
  EXPECT_EQ(uuid4(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(uuid4(std::array<unsigned char, 16>{}), "00000000-0000-4000-8000-000000000000");
}

TEST(random_bytes, differ_each_time) {
  std::set<std::array<unsigned char, 16>> seen;
  for (int i = 0; i < 100; ++i) {
    std::array<unsigned char, 16> bytes{};
    random_bytes(bytes);
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace authnz::proto
