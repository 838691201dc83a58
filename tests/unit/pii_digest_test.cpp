#include "proto/pii_digest.hpp"

#include <gtest/gtest.h>

#include "tests/unit/run.hpp"

namespace authnz::proto {
namespace {

// Reads salt and item, each a line.
constexpr auto reference = AUTHNZ_PYTHON
    " -c '"
    "import hashlib, sys\n"
    "salt, item = sys.stdin.buffer.read().split(b\"\\n\")\n"
    "key = salt if len(salt) <= 64 else hashlib.blake2b(salt).digest()\n"
    "print(hashlib.blake2b(item, digest_size=12, key=key, person=b\"authnzrv-pii\").hexdigest(), end=\"\")"
    "'";

TEST(pii_digest, is_the_keyed_blake2b_of_the_item) {
  const std::string item = "somebody@example.org";
  for (const auto& salt : {std::string{"s"}, std::string{"a salt of some length"}, std::string(64, 'x'),
                           std::string(65, 'x'), std::string(300, 'y'), std::string{"gr\xC3\xBC\xC3\x9F"}})
    EXPECT_EQ(pii_digest::keyed(salt).of(item), tests::run(reference, salt + "\n" + item)) << salt;
}

TEST(pii_digest, covers_items_of_any_length) {
  for (const std::size_t size : {0, 1, 127, 128, 129, 5000}) {
    const std::string item(size, 'z');
    EXPECT_EQ(pii_digest::keyed("salt").of(item), tests::run(reference, "salt\n" + item)) << size;
  }
}

TEST(pii_digest, goes_on_after_a_nul) {
  const auto pii = pii_digest::keyed("salt");
  EXPECT_NE(pii.of(std::string("a\0b", 3)), pii.of(std::string("a\0c", 3)));
}

TEST(pii_digest, takes_tokens_like_any_item) {
  const auto pii = pii_digest::keyed("salt");
  EXPECT_EQ(pii.of_token("token"), pii.of("token"));
}

TEST(pii_digest, shows_items_when_it_is_clear) { EXPECT_EQ(pii_digest::clear().of("Somebody"), "Somebody"); }

TEST(pii_digest, hides_tokens_also_when_it_is_clear) {
  const auto pii = pii_digest::clear();
  EXPECT_EQ(pii.of_token("token").size(), 24U);
  EXPECT_EQ(pii.of_token("token"), pii.of_token("token"));
  EXPECT_NE(pii.of_token("token"), pii_digest::clear().of_token("token"));
}

}  // namespace
}  // namespace authnz::proto
