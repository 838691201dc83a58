// Which of etcd's members is asked first, and when one is not waited for.
#include "net/etcd/member_health.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace authnz::net::etcd {
namespace {

using order = std::vector<std::size_t>;

void let_time_pass() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

TEST(member_health, members_are_asked_in_their_order_at_first) {
  EXPECT_EQ(member_health(3).order(), (order{0, 1, 2}));
}

TEST(member_health, who_has_answered_in_place_of_a_silent_one_stays_the_first) {
  member_health health(3);
  health.silent(0);
  EXPECT_EQ(health.order(), (order{1, 2, 0}));
  let_time_pass();
  health.answered(1, 1);
  let_time_pass();
  health.answered(0, 1);
  EXPECT_EQ(health.order(), (order{1, 2, 0}));
}

TEST(member_health, of_silent_ones_the_last_to_be_so_comes_last) {
  member_health health(3);
  for (const std::size_t member : {1, 0, 2}) {
    health.silent(member);
    let_time_pass();
  }
  EXPECT_EQ(health.order(), (order{1, 0, 2}));
}

TEST(member_health, a_member_is_left_once_it_was_silent_and_another_answered) {
  member_health health(2);
  const auto since = health.now();
  let_time_pass();
  health.answered(1, 1);
  let_time_pass();
  health.silent(0);
  EXPECT_FALSE(health.is_left(0, since)) << "the other may be silent too by now";
  let_time_pass();
  health.answered(1, 1);
  EXPECT_TRUE(health.is_left(0, since));
  EXPECT_FALSE(health.is_left(1, since));
  let_time_pass();
  EXPECT_FALSE(health.is_left(0, health.now())) << "what was known before is no reason";
  health.answered(0, 1);
  EXPECT_FALSE(health.is_left(0, since));
}

TEST(member_health, a_new_leader_makes_an_old_call_hopeless) {
  member_health health(2);
  health.answered(0, 7);
  const auto since = health.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(550));
  EXPECT_FALSE(health.is_hopeless(0, since));
  health.answered(1, 8);
  EXPECT_TRUE(health.is_hopeless(0, since));
  EXPECT_FALSE(health.is_hopeless(0, health.now()));
}

}  // namespace
}  // namespace authnz::net::etcd
