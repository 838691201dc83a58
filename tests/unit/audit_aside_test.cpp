#include "actors/audit_aside.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace authnz::actors {
namespace {

struct events_without_a_change : testing::Test {
  std::vector<commit_ptr> under_way;
  node_meters_ptr counts = std::make_shared<node_meters>();
  audit_aside::clock::time_point now{};
  audit_aside aside{[this](commit_ptr&& job) { under_way.push_back(std::move(job)); }, counts, [this] { return now; }};
};

TEST_F(events_without_a_change, go_to_the_journal_one_by_one) {
  aside.record("one");
  aside.record("two");
  ASSERT_EQ(under_way.size(), 2);
  EXPECT_EQ(under_way[0]->tx.events, std::vector<std::string>{"one"});
  EXPECT_TRUE(under_way[0]->tx.writes.empty());
}

TEST_F(events_without_a_change, are_lost_and_counted_when_too_many_are_under_way) {
  for (std::uint32_t i = 0; i < audit_aside::most_under_way + 3; ++i) aside.record("event");
  EXPECT_EQ(under_way.size(), audit_aside::most_under_way);
  EXPECT_EQ(counts->audit.lost, 3);
}

TEST_F(events_without_a_change, tell_how_many_were_lost_when_there_is_room_again) {
  for (std::uint32_t i = 0; i < audit_aside::most_under_way + 3; ++i) aside.record("event");
  under_way.clear();
  now += std::chrono::seconds(1);
  aside.record("after");
  ASSERT_EQ(under_way.size(), 1);
  ASSERT_EQ(under_way[0]->tx.events.size(), 2);
  EXPECT_NE(under_way[0]->tx.events[0].find(R"("event":"audit.lost")"), std::string::npos);
  EXPECT_NE(under_way[0]->tx.events[0].find(R"("events":3)"), std::string::npos);
  EXPECT_EQ(under_way[0]->tx.events[1], "after");
}

TEST_F(events_without_a_change, have_room_again_when_a_journal_died_with_them) {
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < audit_aside::most_under_way; ++i) aside.record("event");
    under_way.clear();
    now += std::chrono::seconds(audit_aside::burst / audit_aside::a_second + 1);
  }
  EXPECT_EQ(counts->audit.lost, 0);
}

TEST_F(events_without_a_change, cannot_come_faster_than_the_store_may_grow) {
  for (std::uint32_t i = 0; i < audit_aside::burst; ++i) aside.record("event");
  under_way.clear();
  for (int second = 0; second < 3; ++second) {
    now += std::chrono::seconds(1);
    for (int i = 0; i < 1000; ++i) aside.record("event");
  }
  EXPECT_EQ(under_way.size(), 3 * audit_aside::a_second);
  EXPECT_EQ(counts->audit.lost, 3 * (1000 - audit_aside::a_second));
}

}  // namespace
}  // namespace authnz::actors
