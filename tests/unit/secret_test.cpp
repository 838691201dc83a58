#include "proto/secret.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <utility>

namespace authnz::proto {
namespace {

const std::string hidden_nul{"a\0b", 3};

TEST(secret, prints_as_stars) {
  std::ostringstream out;
  out << secret{"open sesame"};
  EXPECT_EQ(out.str(), "***");
}

TEST(secret, reveals_every_byte_of_its_text) { EXPECT_EQ(secret{hidden_nul}.reveal(), hidden_nul); }

TEST(secret, is_empty_by_default) {
  EXPECT_TRUE(secret{}.empty());
  EXPECT_EQ(secret{}, secret{""});
}

TEST(secret, equals_the_same_text_only) {
  EXPECT_EQ(secret{"one"}, secret{"one"});
  EXPECT_NE(secret{"one"}, secret{"onf"});
  EXPECT_NE(secret{"one"}, secret{"ones"});
  EXPECT_NE(secret{"a"}, secret{hidden_nul});
}

TEST(secret, leaves_nothing_behind_when_moved_from) {
  secret from{"short"};
  const secret to{std::move(from)};
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_EQ(to.reveal(), "short");
}

TEST(secret, survives_assignment_to_itself) {
  secret s{"text"};
  const secret& same = s;
  s = same;
  EXPECT_EQ(s.reveal(), "text");
}

TEST(secret, copies_are_independent) {
  secret a{"first"};
  const secret b = a;
  a = secret{"second"};
  EXPECT_EQ(b.reveal(), "first");
}

}  // namespace
}  // namespace authnz::proto
