#include "proto/replay_memory.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

namespace authnz::proto {
namespace {

using mac = std::array<unsigned char, 32>;

constexpr std::int64_t now = 1'000'000;
constexpr std::int64_t max_age = 60;

// A stand-in for an HMAC: differs, and looks random, for each number.
mac mac_of(std::uint64_t number) {
  std::mt19937_64 random{number};
  mac m{};
  for (std::size_t at = 0; at < m.size(); at += 8) {
    const std::uint64_t word = random();
    std::memcpy(m.data() + at, &word, 8);
  }
  return m;
}

TEST(replay_memory, refuses_a_token_twice) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac_of(1), now, now));
  EXPECT_FALSE(memory.admit(mac_of(1), now, now));
  EXPECT_FALSE(memory.admit(mac_of(1), now, now + 1));
}

TEST(replay_memory, admits_every_other_token) {
  replay_memory memory{max_age, 0};
  for (std::uint64_t i = 0; i < 5000; ++i) EXPECT_TRUE(memory.admit(mac_of(i), now, now)) << i;
  for (std::uint64_t i = 0; i < 5000; ++i) EXPECT_FALSE(memory.admit(mac_of(i), now, now)) << i;
}

TEST(replay_memory, tells_an_hmac_of_zeros_from_none) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac{}, now, now));
  EXPECT_FALSE(memory.admit(mac{}, now, now));
}

TEST(replay_memory, remembers_as_long_as_a_token_is_fresh) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac_of(1), now, now));
  EXPECT_FALSE(memory.admit(mac_of(1), now, now + max_age));
  EXPECT_FALSE(memory.admit(mac_of(1), now, now + max_age + 1));
}

TEST(replay_memory, remembers_tokens_from_ahead) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac_of(1), now + 60, now));
  for (std::int64_t later = 0; later <= 60 + max_age; ++later)
    EXPECT_FALSE(memory.admit(mac_of(1), now + 60, now + later)) << later;
}

TEST(replay_memory, admits_the_whole_range_of_fresh_stamps) {
  replay_memory memory{max_age, 0};
  for (std::int64_t stamp = now - max_age; stamp <= now + 60; ++stamp)
    EXPECT_TRUE(memory.admit(mac_of(static_cast<std::uint64_t>(stamp)), stamp, now)) << stamp;
  EXPECT_EQ(memory.size(), static_cast<std::size_t>(max_age + 60 + 1));
}

TEST(replay_memory, refuses_what_it_cannot_remember) {
  replay_memory memory{max_age, 0};
  EXPECT_FALSE(memory.admit(mac_of(1), now - max_age - 1, now));
  EXPECT_FALSE(memory.admit(mac_of(2), now + 61, now));
  EXPECT_FALSE(memory.admit(mac_of(3), INT64_MAX, now));
}

TEST(replay_memory, refuses_tokens_from_before_its_floor) {
  replay_memory memory{max_age, now};
  EXPECT_FALSE(memory.admit(mac_of(1), now - 1, now));
  EXPECT_TRUE(memory.admit(mac_of(2), now, now));
  EXPECT_TRUE(memory.admit(mac_of(3), now + 60, now));
}

TEST(replay_memory, refuses_what_it_forgot_when_the_clock_is_set_back) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac_of(1), now, now));
  memory.forget(now + 1000);
  EXPECT_FALSE(memory.admit(mac_of(1), now, now));
}

TEST(replay_memory, stands_a_clock_that_steps_back_a_little) {
  replay_memory memory{max_age, 0};
  EXPECT_TRUE(memory.admit(mac_of(1), now, now));
  EXPECT_TRUE(memory.admit(mac_of(2), now - 5, now - 5));
  EXPECT_FALSE(memory.admit(mac_of(1), now, now - 5));
}

TEST(replay_memory, forgets_what_has_passed) {
  replay_memory memory{max_age, 0};
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(memory.admit(mac_of(i), now + (i % 2 == 0 ? 0 : 1), now));
  memory.forget(now + max_age);
  EXPECT_EQ(memory.size(), 1000U);
  memory.forget(now + max_age + 1);
  EXPECT_EQ(memory.size(), 500U);
  memory.forget(now + max_age + 2);
  EXPECT_EQ(memory.size(), 0U);
}

TEST(replay_memory, forgets_while_it_works) {
  replay_memory memory{max_age, 0};
  std::uint64_t number = 0;
  for (std::int64_t t = now; t < now + 1000; ++t)
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(memory.admit(mac_of(number++), t, t));
  // 20 a second; shards that were not asked lately may hold some seconds more.
  EXPECT_LE(memory.size(), static_cast<std::size_t>(20 * (max_age + 30)));
}

TEST(replay_memory, is_switched_off_by_an_age_of_0) {
  replay_memory memory{0, now};
  EXPECT_TRUE(memory.admit(mac_of(1), 5, now));
  EXPECT_TRUE(memory.admit(mac_of(1), 5, now));
  EXPECT_EQ(memory.size(), 0U);
}

TEST(replay_memory, admits_a_token_once_among_many_threads) {
  replay_memory memory{max_age, 0};
  std::atomic<int> admitted = 0;
  constexpr std::uint64_t tokens = 20'000;
  const auto work = [&] {
    for (std::uint64_t i = 0; i < tokens; ++i) {
      const auto t = now + static_cast<std::int64_t>(i / 1000);
      if (memory.admit(mac_of(i), t, t)) ++admitted;
    }
  };
  {
    std::array<std::jthread, 4> threads;
    for (auto& t : threads) t = std::jthread{work};
  }
  EXPECT_EQ(admitted, static_cast<int>(tokens));
}

}  // namespace
}  // namespace authnz::proto
