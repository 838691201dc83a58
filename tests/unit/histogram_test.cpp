#include "tools/bench/histogram.hpp"

#include <gtest/gtest.h>

namespace {

using authnz::bench::histogram;
using std::chrono::nanoseconds;

TEST(histogram, knows_small_values_exactly) {
  histogram h;
  for (int i = 1; i <= 100; ++i) h.record(nanoseconds(i));
  EXPECT_EQ(h.total(), 100U);
  EXPECT_EQ(h.quantile(0.5), nanoseconds(50));
  EXPECT_EQ(h.quantile(0.99), nanoseconds(99));
  EXPECT_EQ(h.quantile(1), nanoseconds(100));
}

TEST(histogram, knows_any_value_within_a_sixty_fourth) {
  for (std::int64_t v = 1; v > 0 && v < INT64_MAX / 3; v = v * 3 + 1) {
    histogram h;
    h.record(nanoseconds(v));
    EXPECT_GE(h.quantile(0.5).count(), v);
    EXPECT_LE(h.quantile(0.5).count() - v, v / 64);
  }
}

TEST(histogram, takes_the_extremes) {
  histogram h;
  h.record(nanoseconds(-5));
  h.record(nanoseconds::max());
  EXPECT_EQ(h.quantile(0.5), nanoseconds(0));
  EXPECT_EQ(h.quantile(1), nanoseconds::max());
}

TEST(histogram, adds_another_up) {
  histogram a;
  histogram b;
  a.record(nanoseconds(1));
  b.record(nanoseconds(9));
  a.add(b);
  EXPECT_EQ(a.total(), 2U);
  EXPECT_EQ(a.quantile(1), nanoseconds(9));
}

}  // namespace
