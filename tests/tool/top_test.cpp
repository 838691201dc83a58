#include <gtest/gtest.h>

#include "tests/tool/watched.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl::top {
namespace {

class top_test : public testing::Test {
 protected:
  top_test() {
    m.address = "127.0.0.1:1";
    m.ask("n1");
    m.see("n1", {json(), snapshot(10, 100)});
    m.see("n1", {snapshot(10, 100), snapshot(12, 300)});
  }
  std::string text(canvas on = {}) const { return text_of(render(m, on)); }
  void type(std::string_view keys) { press_all(m, keys); }
  bool shows(const std::string& what, canvas on = {}) const { return text(on).find(what) != std::string::npos; }

  model m;
};

TEST_F(top_test, counts_a_second_between_two_looks) { EXPECT_EQ(m.here().look.actors().front().rate, 100); }

TEST_F(top_test, counts_since_the_start_when_the_node_was_started_again) {
  const node_look look(snapshot(1000, 5000), snapshot(2, 10));
  EXPECT_EQ(look.actors().front().rate, 5);
}

TEST_F(top_test, shows_nothing_wider_or_longer_than_the_screen) {
  for (const auto v : {"1", "2", "3", "4", "5", "6", "?"}) {
    type(v);
    for (const canvas on : {canvas{80, 24}, canvas{200, 50}, canvas{40, 10}, canvas{20, 3}, canvas{1, 1}}) {
      const auto lines = render(m, on);
      ASSERT_EQ(lines.size(), on.height);
      for (const auto& line : lines) EXPECT_LE(width_of(line.text), on.width) << v << ": " << line.text;
    }
  }
}

TEST_F(top_test, marks_what_is_not_running_without_colour) { EXPECT_TRUE(shows(" !user-0")); }

TEST_F(top_test, keeps_name_and_state_on_narrow_screens) { EXPECT_TRUE(shows("session-0 running", {40, 10})); }

TEST_F(top_test, filters_rows) {
  type("/USER-0");
  m.press(key_enter);
  EXPECT_TRUE(shows("user-0"));
  EXPECT_FALSE(shows("journal "));
}

TEST_F(top_test, forgets_a_filter_on_escape) {
  type("/USER-0");
  m.press(key_escape);
  EXPECT_TRUE(shows("journal "));
}

TEST_F(top_test, sorts_by_the_next_column) {
  for (int i = 0; i < 11; ++i) type("s");
  EXPECT_TRUE(shows("sort: handled"));
  EXPECT_EQ(m.actors().front().actor, "journal");
}

TEST_F(top_test, keeps_what_is_shown_while_paused) {
  type(" ");
  m.see("n1", {snapshot(12, 300), snapshot(14, 900)});
  EXPECT_EQ(m.here().look.actors().front().rate, 100);
  EXPECT_TRUE(shows("[PAUSED]"));
}

TEST_F(top_test, looks_at_one_actor_and_goes_back) {
  m.press(key_down);
  m.press(key_enter);
  EXPECT_TRUE(shows("user-0 on n1"));
  m.press(key_escape);
  EXPECT_TRUE(shows("session-0"));
}

TEST_F(top_test, says_since_when_there_is_no_answer) {
  m.lose("n1", "no connection", "12:00:01");
  EXPECT_TRUE(shows("no answer since 12:00:01"));
}

TEST_F(top_test, goes_on_after_an_answer) {
  m.lose("n1", "no connection", "12:00:01");
  m.see("n1", {json(), snapshot(1, 1)});
  EXPECT_FALSE(shows("no answer"));
}

TEST_F(top_test, shows_no_control_characters_of_a_node) {
  auto said = snapshot(20, 300);
  said["actors"][0]["actor"] = "evil\033[2J";
  m.see("n1", {json(), said});
  EXPECT_EQ(text().find('\033'), std::string::npos);
}

TEST_F(top_test, lives_with_answers_of_other_versions) {
  m.see("n1",
        {json(), {{"actors", {1, "x", {{"actor", 5}}}}, {"requests", {{"a", 1}}}, {"store", 3}, {"listener", {}}}});
  for (const auto v : {"1", "2", "3", "4", "5", "6"}) {
    type(v);
    EXPECT_EQ(render(m, {}).size(), 24U);
  }
}

TEST_F(top_test, quits) {
  type("q");
  EXPECT_TRUE(m.over);
}

TEST(sparkline, is_full_at_its_greatest) { EXPECT_EQ(sparkline({0, 5, 10}, 10, true), "_=#"); }
TEST(sparkline, shows_the_newest) { EXPECT_EQ(sparkline({10, 0, 0}, 2, true), "__"); }

TEST(table, aligns_and_cuts) {
  table t({{"NAME"}, {"N", align::right}});
  t.add({"a", "100"});
  t.add({"long\tname", "7"});
  EXPECT_EQ(t.lines(), (std::vector<std::string>{"NAME         N", "a          100", "long?name    7"}));
  EXPECT_EQ(t.lines(6), (std::vector<std::string>{"NAME", "a", "long?n"}));
}

TEST(table, counts_wide_characters_twice) {
  EXPECT_EQ(width_of("日本"), 4U);
  EXPECT_EQ(cut("日本", 3), "日");
  EXPECT_EQ(fitted("日本", 3), "日 ");
}

}  // namespace
}  // namespace authnz::ctl::top
