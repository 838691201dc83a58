#include "tools/ctl/merged_trails.hpp"

#include <gtest/gtest.h>

namespace authnz::ctl {
namespace {

using nlohmann::json;

std::string two_digits(int n) { return (n < 10 ? "0" : "") + std::to_string(n); }

std::string at(int second) { return "2026-01-31T12:" + two_digits(second / 60) + ":" + two_digits(second % 60); }

json event(int second, const std::string& name, std::uint64_t number) {
  return {{"time", at(second)}, {"event", name}, {"number", number}, {"node", "x"}, {"hash", std::to_string(number)}};
}

/// What is taken, as `name of its nodes`.
class merged_trails_test : public testing::Test {
 protected:
  merged_trails::taker take() {
    return [this](const json& e) {
      std::string line = e.at("event").get<std::string>() + " of";
      for (const auto& [node, number] : e.at("nodes").items()) line += " " + node + ":" + number.dump();
      taken.push_back(std::move(line));
    };
  }
  std::vector<std::string> all() {
    trails.take_all(take());
    return taken;
  }

  merged_trails trails;
  std::vector<std::string> taken;
};

using lines = std::vector<std::string>;

TEST_F(merged_trails_test, are_in_the_order_of_time) {
  trails.add("b", event(2, "second", 1));
  trails.add("a", event(1, "first", 1));
  trails.add("a", event(3, "third", 2));
  EXPECT_EQ(all(), (lines{"first of a:1", "second of b:1", "third of a:2"}));
}

TEST_F(merged_trails_test, have_a_change_once_with_its_number_in_each_trail) {
  trails.add("a", event(1, "user.locked", 7));
  trails.add("b", event(1, "user.locked", 5));
  EXPECT_EQ(all(), lines{"user.locked of a:7 b:5"});
}

TEST_F(merged_trails_test, have_the_same_denial_of_another_moment_twice) {
  trails.add("a", event(1, "access.denied", 1));
  trails.add("b", event(2, "access.denied", 1));
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(merged_trails_test, have_twice_what_one_trail_has_twice) {
  trails.add("a", event(1, "x", 1));
  trails.add("a", event(1, "x", 2));
  trails.add("b", event(1, "x", 9));
  EXPECT_EQ(all(), (lines{"x of a:1 b:9", "x of a:2"}));
}

TEST_F(merged_trails_test, wait_for_the_slowest_node) {
  trails.begin("a");
  trails.begin("b");
  EXPECT_EQ(trails.slowest(), "a");
  trails.add("a", event(0, "early", 1));
  trails.add("a", event(300, "late", 2));
  EXPECT_EQ(trails.slowest(), "b");
  trails.take_settled(take());
  EXPECT_EQ(taken, lines{});
  trails.add("b", event(200, "later", 1));
  trails.take_settled(take());
  EXPECT_EQ(taken, lines{"early of a:1"});
}

TEST_F(merged_trails_test, do_not_wait_for_a_node_that_ended) {
  trails.begin("a");
  trails.begin("b");
  trails.add("a", event(0, "early", 1));
  trails.add("a", event(300, "late", 2));
  trails.end("b");
  trails.take_settled(take());
  EXPECT_EQ(taken, lines{"early of a:1"});
  trails.end("a");
  trails.take_settled(take());
  EXPECT_EQ(taken, (lines{"early of a:1", "late of a:2"}));
}

TEST_F(merged_trails_test, do_not_repeat_what_a_node_tells_late) {
  trails.add("a", event(1, "user.locked", 7));
  trails.take_all(take());
  trails.add("b", event(1, "user.locked", 5));
  EXPECT_EQ(all(), lines{"user.locked of a:7"});
}

TEST_F(merged_trails_test, hold_what_comes_for_the_other_nodes_and_not_for_ever) {
  trails.add("a", event(1, "user.locked", 7));
  trails.take_older(1, 2, take());
  EXPECT_EQ(taken, lines{});
  trails.take_older(1, 2, take());
  EXPECT_EQ(taken, lines{"user.locked of a:7"});
}

TEST_F(merged_trails_test, hold_nothing_that_all_nodes_have) {
  trails.add("a", event(1, "user.locked", 7));
  trails.add("b", event(1, "user.locked", 5));
  trails.take_older(1, 2, take());
  EXPECT_EQ(taken, lines{"user.locked of a:7 b:5"});
}

TEST_F(merged_trails_test, live_with_what_is_no_event) {
  trails.add("a", json(3));
  trails.add("a", {{"time", 5}});
  EXPECT_NO_THROW(trails.take_older(0, 1, [](const json&) {}));
}

}  // namespace
}  // namespace authnz::ctl
