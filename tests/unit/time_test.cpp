#include "proto/time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace authnz::proto {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

timestamp at(std::int64_t us) { return timestamp{microseconds{us}}; }

const timestamp first = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
const timestamp last = timestamp{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}} - 1us;

TEST(format_time, leaves_out_a_fraction_of_zero) { EXPECT_EQ(format_time(at(0)), "1970-01-01T00:00:00"); }

TEST(format_time, writes_six_digits_of_fraction) {
  EXPECT_EQ(format_time(at(1)), "1970-01-01T00:00:00.000001");
  EXPECT_EQ(format_time(at(1'700'000'000'120'000)), "2023-11-14T22:13:20.120000");
}

TEST(format_time, writes_moments_before_1970) { EXPECT_EQ(format_time(at(-1)), "1969-12-31T23:59:59.999999"); }

TEST(format_time, reaches_from_year_1_to_9999) {
  EXPECT_EQ(format_time(first), "0001-01-01T00:00:00");
  EXPECT_EQ(format_time(last), "9999-12-31T23:59:59.999999");
}

struct reading {
  const char* text;
  const char* means;
};

TEST(parse_time, reads_iso_8601) {
  constexpr reading readings[] = {
      {"2024-02-29T12:34:56", "2024-02-29T12:34:56"},
      {"2024-02-29 12:34:56", "2024-02-29T12:34:56"},
      {"2024-02-29T12:34:56Z", "2024-02-29T12:34:56"},
      {"2024-02-29T12:34:56.5", "2024-02-29T12:34:56.500000"},
      {"2024-02-29T12:34:56.000001Z", "2024-02-29T12:34:56.000001"},
      {"2024-02-29T12:34:56+02:30", "2024-02-29T10:04:56"},
      {"2024-02-29T12:34:56.25-12:00", "2024-03-01T00:34:56.250000"},
      {"2024-02-29T12:34:56-00:00", "2024-02-29T12:34:56"},
      {"0001-01-01T00:00:00", "0001-01-01T00:00:00"},
      {"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"},
  };
  for (const auto& [text, means] : readings) {
    const auto t = parse_time(text);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(format_time(*t), means) << text;
  }
}

TEST(parse_time, refuses_anything_else) {
  for (const char* text : {
           "",
           "2024-02-29",
           "2024-02-30T00:00:00",
           "2023-02-29T00:00:00",
           "2024-13-01T00:00:00",
           "2024-00-01T00:00:00",
           "2024-01-00T00:00:00",
           "0000-01-01T00:00:00",
           "2024-01-01T24:00:00",
           "2024-01-01T00:60:00",
           "2024-01-01T00:00:60",
           "2024-01-01T00:00",
           "2024-01-01t00:00:00",
           "2024-01-01  00:00:00",
           "2024-01-01T00:00:00.",
           "2024-01-01T00:00:00.1234567",
           "2024-01-01T00:00:00,5",
           "2024-01-01T00:00:00ZZ",
           "2024-01-01T00:00:00Z ",
           " 2024-01-01T00:00:00",
           "2024-01-01T00:00:00+0200",
           "2024-01-01T00:00:00+02",
           "2024-01-01T00:00:00+24:00",
           "2024-01-01T00:00:00+01:60",
           "+024-01-01T00:00:00",
           "2024-1-01T00:00:00",
           "20240101T000000",
           "12024-01-01T00:00:00",
           "2024-01-01T-1:00:00",
           "0001-01-01T00:00:00+00:01",
           "9999-12-31T23:59:59-00:01",
       })
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(parse_time, does_not_stop_at_a_nul) { EXPECT_FALSE(parse_time(std::string_view{"2024-01-01T00:00:00\0", 20})); }

TEST(parse_time, reads_back_what_was_written) {
  for (std::int64_t us = -62'135'596'800'000'000; us < 253'402'300'800'000'000; us += 97'531'864'209'753)
    EXPECT_EQ(parse_time(format_time(at(us))), at(us));
}

TEST(is_writable, ends_with_the_years) {
  EXPECT_TRUE(is_writable(first));
  EXPECT_FALSE(is_writable(first - 1us));
  EXPECT_TRUE(is_writable(last));
  EXPECT_FALSE(is_writable(last + 1us));
}

TEST(add_seconds, keeps_the_fraction) {
  EXPECT_EQ(add_seconds(at(1'500'000), 2), at(3'500'000));
  EXPECT_EQ(add_seconds(at(1'500'000), -2), at(-500'000));
}

TEST(add_seconds, stops_at_the_first_and_last_year) {
  EXPECT_EQ(add_seconds(last - 1s, 1), last);
  EXPECT_FALSE(add_seconds(last, 1));
  EXPECT_EQ(add_seconds(first + 1s, -1), first);
  EXPECT_FALSE(add_seconds(first, -1));
}

TEST(add_seconds, takes_any_number) {
  for (const auto t : {timestamp::min(), at(0), timestamp::max()}) {
    EXPECT_FALSE(add_seconds(t, std::numeric_limits<std::int64_t>::max()));
    EXPECT_FALSE(add_seconds(t, std::numeric_limits<std::int64_t>::min()));
  }
}

}  // namespace
}  // namespace authnz::proto
