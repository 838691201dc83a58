#include "actors/meter.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace authnz::actors {
namespace {

using std::chrono::microseconds;

TEST(histogram, is_exact_for_short_durations) {
  for (int us = 0; us < 16; ++us) {
    histogram h;
    h.add(microseconds(us));
    EXPECT_EQ(quantile(h.read(), 0.5).count(), us);
  }
}

TEST(histogram, is_never_off_by_more_than_an_eighth) {
  for (std::int64_t us = 16; us < 0xFFFFFFFF; us += us / 5 + 1) {
    histogram h;
    h.add(microseconds(us));
    const auto read = quantile(h.read(), 0.5).count();
    EXPECT_GE(read, us);
    EXPECT_LE(read, us + us / 8);
  }
}

TEST(histogram, takes_durations_beyond_its_ends) {
  histogram h;
  h.add(microseconds(-5));
  h.add(microseconds(INT64_MAX));
  EXPECT_EQ(quantile(h.read(), 0.5).count(), 0);
  EXPECT_EQ(quantile(h.read(), 1).count(), 0xFFFFFFFF);
}

TEST(histogram, tells_quantiles) {
  histogram h;
  for (int i = 0; i < 98; ++i) h.add(microseconds(3));
  h.add(microseconds(10));
  h.add(microseconds(12));
  EXPECT_EQ(quantile(h.read(), 0.5).count(), 3);
  EXPECT_EQ(quantile(h.read(), 0.99).count(), 10);
  EXPECT_EQ(quantile(h.read(), 1).count(), 12);
  EXPECT_EQ(quantile({}, 0.99).count(), 0);
}

TEST(meter, counts_what_is_in_flight_and_its_peak) {
  meter m;
  m.began();
  m.began();
  m.ended(true, microseconds(1), microseconds(2));
  m.began();
  m.ended(true, microseconds(1), microseconds(2));
  EXPECT_EQ(m.read().in_flight, 1);
  EXPECT_EQ(m.read().peak, 2);
}

TEST(meter, counts_failures_among_what_was_handled) {
  meter m;
  m.began();
  m.ended(true, {}, {});
  m.began();
  m.ended(false, {}, {});
  EXPECT_EQ(m.read().handled, 2);
  EXPECT_EQ(m.read().failed, 1);
}

TEST(meter, keeps_waiting_and_serving_apart) {
  meter m;
  m.began();
  m.ended(true, microseconds(4), microseconds(9));
  EXPECT_EQ(quantile(m.read().wait, 1).count(), 4);
  EXPECT_EQ(quantile(m.read().service, 1).count(), 9);
}

TEST(meter, remembers_what_was_asked_last) {
  meter m;
  EXPECT_EQ(m.read().last, std::nullopt);
  m.began(proto::request::user_login);
  m.began();
  EXPECT_EQ(m.read().last, proto::request::user_login);
}

TEST(meter, has_nothing_in_flight_after_a_restart) {
  meter m;
  m.began();
  m.restarted();
  EXPECT_EQ(m.read().in_flight, 0);
  EXPECT_EQ(m.read().restarts, 1);
  EXPECT_EQ(m.read().peak, 1);
}

TEST(meter, loses_nothing_between_threads) {
  meter m;
  const auto work = [&m] {
    for (int i = 0; i < 20'000; ++i) {
      m.began();
      m.ended(true, microseconds(1), microseconds(1));
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(m.read().handled, 40'000);
  EXPECT_EQ(m.read().in_flight, 0);
}

}  // namespace
}  // namespace authnz::actors
