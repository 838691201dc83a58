#include "proto/base64.hpp"

#include <gtest/gtest.h>

namespace authnz::proto {
namespace {

constexpr auto none = base64_padding::none;
constexpr auto required = base64_padding::required;

struct vector {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648, section 10.
constexpr vector rfc_vectors[] = {{"", ""},
                                  {"f", "Zg=="},
                                  {"fo", "Zm8="},
                                  {"foo", "Zm9v"},
                                  {"foob", "Zm9vYg=="},
                                  {"fooba", "Zm9vYmE="},
                                  {"foobar", "Zm9vYmFy"}};

std::string strict(std::string_view text, base64_padding padding) {
  std::string out;
  return decode_base64_url(text, padding, out) ? out : "refused";
}

std::string skipping(std::string_view text) {
  std::string out;
  return decode_base64_skipping(text, out) ? out : "refused";
}

std::string_view unpadded(std::string_view text) { return text.substr(0, text.find('=')); }

TEST(base64, writes_the_published_vectors) {
  for (const auto& v : rfc_vectors) {
    EXPECT_EQ(base64(v.bytes), v.text);
    EXPECT_EQ(base64_url(v.bytes, none), unpadded(v.text));
  }
}

TEST(base64, has_two_alphabets) {
  EXPECT_EQ(base64("\xFB\xFF\xBF"), "+/+/");
  EXPECT_EQ(base64_url("\xFB\xFF\xBF", required), "-_-_");
}

TEST(base64, appends) {
  std::string out = "x=";
  append_base64(out, "fo", base64_alphabet::standard, required);
  EXPECT_EQ(out, "x=Zm8=");
}

TEST(base64, reads_every_byte_back) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(strict(base64_url(bytes, required), required), bytes);
    EXPECT_EQ(strict(base64_url(bytes, none), none), bytes);
    EXPECT_EQ(skipping(base64(bytes)), bytes);
  }
}

TEST(strict_base64, refuses_wrong_padding) {
  for (const auto* text : {"Zg", "Zg=", "Zg===", "Zm9v=", "Zm9v====", "Z===", "=", "====", "Zg==Zg==", "Z=g="})
    EXPECT_EQ(strict(text, required), "refused") << text;
  EXPECT_EQ(strict("Zg==", none), "refused");
}

TEST(strict_base64, refuses_stray_characters) {
  for (const auto* text : {"Zm9v\n", "Zm 9v", "Zm9+", "Zm9/", "\xC3\xA4Zm", "Zm9v!!!!", "Z\x80=="})
    for (const auto padding : {none, required}) EXPECT_EQ(strict(text, padding), "refused") << text;
  EXPECT_EQ(strict(std::string_view{"Zm\0v", 4}, none), "refused");
}

TEST(strict_base64, refuses_bits_beyond_the_last_byte) {
  EXPECT_EQ(strict("Zh==", required), "refused");
  EXPECT_EQ(strict("Zm9=", required), "refused");
  EXPECT_EQ(strict("Zm9", none), "refused");
}

TEST(strict_base64, refuses_a_lone_character) { EXPECT_EQ(strict("Zm9vZ", none), "refused"); }

TEST(skipping_base64, skips_what_is_outside_of_the_alphabet) {
  EXPECT_EQ(skipping("Zm9vYg==\n"), "foob");
  EXPECT_EQ(skipping(" Z\r\nm-9_v\tYg\xFF==\n"), "foob");
  EXPECT_EQ(skipping("Zm9v\n\n\n\n"), "foo");
  EXPECT_EQ(skipping("Zg=\n=\n"), "f");
}

TEST(skipping_base64, wants_its_padding) {
  for (const auto* text : {"Zg", "Zg=", "Zg= ", "Zg===", "Zm9v=", "Z===", "====", "Zm8\n"})
    EXPECT_EQ(skipping(text), "refused") << text;
}

TEST(skipping_base64, ends_with_its_padding) { EXPECT_EQ(skipping("Zg==Zm9v"), "refused"); }

}  // namespace
}  // namespace authnz::proto
