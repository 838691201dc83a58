#include "actors/lanes.hpp"

#include <gtest/gtest.h>

#include "actors/interfaces.hpp"

namespace authnz::actors {

namespace {

using namespace std::chrono_literals;
using admission = lanes::admission;

const std::string account = "ada@example.org";
const lanes::clock::time_point start{1h};

pending_ptr attempt() { return std::make_shared<pending_work>(); }

TEST(lanes, let_the_first_attempt_in_and_the_second_wait) {
  lanes l;
  const auto first = attempt();
  EXPECT_EQ(l.enter(account, first, start).verdict, admission::evaluate);
  EXPECT_EQ(l.enter(account, attempt(), start).verdict, admission::wait);
}

TEST(lanes, keep_accounts_apart) {
  lanes l;
  const auto first = attempt();
  const auto other = attempt();
  l.enter(account, first, start);
  EXPECT_EQ(l.enter("bob@example.org", other, start).verdict, admission::evaluate);
}

TEST(lanes, hand_out_in_order_of_arrival) {
  lanes l;
  const auto first = attempt();
  const auto second = attempt();
  const auto third = attempt();
  l.enter(account, first, start);
  l.enter(account, second, start);
  l.enter(account, third, start);
  EXPECT_EQ(l.leave(account), second);
  EXPECT_EQ(l.leave(account), third);
  EXPECT_EQ(l.leave(account), nullptr);
  EXPECT_TRUE(l.empty());
}

TEST(lanes, let_any_number_wait_while_the_first_is_evaluated) {
  lanes l;
  const auto first = attempt();
  l.enter(account, first, start);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(l.enter(account, attempt(), start).verdict, admission::wait);
}

TEST(lanes, let_three_wait_behind_a_held_answer_and_refuse_the_fourth) {
  lanes l;
  const auto first = attempt();
  l.enter(account, first, start);
  l.hold(account, first, start + 2500ms);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(l.enter(account, attempt(), start).verdict, admission::wait);
  const auto fourth = l.enter(account, attempt(), start);
  EXPECT_EQ(fourth.verdict, admission::refuse);
  EXPECT_EQ(fourth.retry_after, 3U);
}

TEST(lanes, refuse_the_latest_of_those_who_waited_when_the_hold_began) {
  lanes l;
  const auto first = attempt();
  l.enter(account, first, start);
  std::vector<pending_ptr> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(attempt());
    l.enter(account, waiting.back(), start);
  }
  EXPECT_EQ(l.hold(account, first, start + 1s), (std::vector{waiting[4], waiting[3]}));
}

TEST(lanes, release_a_held_answer_when_its_time_has_come) {
  lanes l;
  const auto first = attempt();
  const auto second = attempt();
  l.enter(account, first, start);
  l.hold(account, first, start + 1s);
  l.enter(account, second, start);
  EXPECT_TRUE(l.release(start + 999ms).empty());
  EXPECT_EQ(l.next_release(), start + 1s);
  const auto over = l.release(start + 1s);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].held, first);
  EXPECT_EQ(over[0].next, second);
  EXPECT_EQ(l.next_release(), std::nullopt);
}

TEST(lanes, are_freed_when_an_attempt_is_lost_on_its_way) {
  lanes l;
  auto lost = attempt();
  const auto next = attempt();
  l.enter(account, lost, start);
  l.enter(account, next, start);
  lost.reset();
  const auto over = l.release(start);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].held, nullptr);
  EXPECT_EQ(over[0].next, next);
}

TEST(lanes, release_everything_at_a_stop) {
  lanes l;
  const auto first = attempt();
  l.enter(account, first, start);
  l.hold(account, first, start + 40s);
  EXPECT_EQ(l.release_all().size(), 1U);
  EXPECT_TRUE(l.empty());
}

TEST(lanes, round_the_rest_of_a_hold_up_to_whole_seconds) {
  EXPECT_EQ(lanes::seconds_until(start + 1s, start), 1U);
  EXPECT_EQ(lanes::seconds_until(start + 1001ms, start), 2U);
  EXPECT_EQ(lanes::seconds_until(start, start + 1s), 1U);
}

}  // namespace
}  // namespace authnz::actors
