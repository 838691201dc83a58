#include <gtest/gtest.h>

#include "actors/step.hpp"

namespace authnz::actors {
namespace {

TEST(user_ids_test, go_up_one_by_one_without_conflicts) {
  user_ids ids;
  EXPECT_EQ(ids.next(7, 0, 12345), 7);
  EXPECT_EQ(ids.next(7, 0, 12345), 8);
}

TEST(user_ids_test, are_never_below_what_is_taken) {
  user_ids ids;
  ids.next(7);
  EXPECT_EQ(ids.next(100), 100);
}

TEST(user_ids_test, go_further_apart_with_every_conflict) {
  const std::uint64_t chance = ~std::uint64_t{0};
  for (const auto& [conflicts, farthest] : {std::pair(1U, 3), {2U, 15}, {3U, 63}, {7U, 16383}}) {
    user_ids ids;
    EXPECT_EQ(ids.next(100, conflicts, chance), 100 + farthest) << conflicts;
  }
}

TEST(user_ids_test, of_two_nodes_differ_after_a_conflict_as_chance_differs) {
  user_ids one;
  user_ids other;
  EXPECT_NE(one.next(100, 1, 2), other.next(100, 1, 7));
}

TEST(user_ids_test, are_above_all_that_were_handed_out_after_a_conflict_too) {
  user_ids ids;
  const auto far = ids.next(100, 3, 40);
  EXPECT_GT(ids.next(100, 1, 0), far);
}

TEST(user_ids_test, stay_within_bounds_however_many_conflicts_there_are) {
  user_ids ids;
  EXPECT_LE(ids.next(1, 4'000'000'000U, ~std::uint64_t{0}), 65536);
}

}  // namespace
}  // namespace authnz::actors
