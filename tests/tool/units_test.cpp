#include "tools/ctl/units.hpp"

#include <gtest/gtest.h>

namespace authnz::ctl {
namespace {

using namespace std::chrono_literals;

TEST(units, shorten_counts) {
  EXPECT_EQ(shown_count(0), "0");
  EXPECT_EQ(shown_count(999), "999");
  EXPECT_EQ(shown_count(1000), "1.00k");
  EXPECT_EQ(shown_count(12'345), "12.3k");
  EXPECT_EQ(shown_count(999'999), "1.00M");
  EXPECT_EQ(shown_count(UINT64_MAX), "18.4E");
}

TEST(units, shorten_rates) {
  EXPECT_EQ(shown_rate(0), "0");
  EXPECT_EQ(shown_rate(0.01), "<0.1");
  EXPECT_EQ(shown_rate(1.5), "1.5");
  EXPECT_EQ(shown_rate(20'500), "20.5k");
}

TEST(units, shorten_bytes) {
  EXPECT_EQ(shown_bytes(512), "512 B");
  EXPECT_EQ(shown_bytes(1536), "1.50 KiB");
  EXPECT_EQ(shown_bytes(std::uint64_t{64} << 20), "64.0 MiB");
}

TEST(units, shorten_durations) {
  EXPECT_EQ(shown_duration(0us), "0");
  EXPECT_EQ(shown_duration(830us), "830us");
  EXPECT_EQ(shown_duration(1230us), "1.23ms");
  EXPECT_EQ(shown_duration(999'900us), "1.00s");
  EXPECT_EQ(shown_duration(192s), "3m12s");
}

TEST(units, shorten_ages) {
  EXPECT_EQ(shown_age(59s), "59s");
  EXPECT_EQ(shown_age(12min + 5s), "12m05s");
  EXPECT_EQ(shown_age(5h + 2min), "5h02m");
  EXPECT_EQ(shown_age(76h), "3d04h");
}

TEST(units, know_no_share_of_nothing) {
  EXPECT_EQ(shown_share(1, 0), "-");
  EXPECT_EQ(shown_share(1, 4), "25.0 %");
  EXPECT_EQ(shown_share(4, 4), "100 %");
}

}  // namespace
}  // namespace authnz::ctl
