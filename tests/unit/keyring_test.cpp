#include "proto/keyring.hpp"

#include <gtest/gtest.h>

#include "proto/base64.hpp"

namespace authnz::proto {
namespace {

std::string key_text(char filler) {
  return base64_url(std::string(fernet_key::size, filler), base64_padding::required);
}

std::string error_of(std::string_view text) {
  const auto keys = keyring::parse(text);
  return keys ? "" : keys.error();
}

TEST(keyring, signs_with_the_first_half_and_encrypts_with_the_second) {
  const auto keys = keyring::parse(base64_url("0123456789abcdefFEDCBA9876543210", base64_padding::required));
  ASSERT_TRUE(keys);
  const auto& key = *(*keys)->keys().front();
  EXPECT_EQ(std::string(key.signing().begin(), key.signing().end()), "0123456789abcdef");
  EXPECT_EQ(std::string(key.encryption().begin(), key.encryption().end()), "FEDCBA9876543210");
}

TEST(keyring, keeps_the_order_of_its_keys) {
  const auto keys = keyring::parse(" " + key_text('b') + " ,\n\n" + key_text('a') + "\r\n" + key_text('c') + "\n");
  ASSERT_TRUE(keys);
  std::string order;
  for (const auto& key : (*keys)->keys()) order += static_cast<char>(key->signing().front());
  EXPECT_EQ(order, "bac");
}

TEST(keyring, needs_a_key) {
  for (const auto* text : {"", " ", ",", "\n \n,"}) EXPECT_EQ(error_of(text), "there is no key");
}

TEST(keyring, names_the_place_of_a_bad_key) {
  const std::string good = key_text('a');
  const std::string short_key = base64_url(std::string(31, 'x'), base64_padding::required);
  for (const auto& bad : {short_key, good.substr(0, 43), good + "=", good + good, std::string{"not a key"},
                          std::string(42, 'A') + "B=", std::string(42, '+') + "A="})
    EXPECT_EQ(error_of(good + "," + bad).substr(0, 5), "key 2") << bad;
}

TEST(keyring, keeps_key_material_out_of_errors) {
  const std::string bad = "bm90LXRoaXJ0eS10d28tYnl0ZXM=";
  EXPECT_EQ(error_of(bad).find(bad.substr(0, 6)), std::string::npos);
}

}  // namespace
}  // namespace authnz::proto
