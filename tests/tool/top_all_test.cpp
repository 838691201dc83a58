#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tool/watched.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl::top {
namespace {

/// Three nodes, seen through n1: twice each, so that there are rates.
class top_all_test : public testing::Test {
 protected:
  top_all_test() {
    m.address = "127.0.0.1:1";
    m.all = true;
    m.ask("n1");
    for (const std::string node : {"n2", "n3", "n1"}) see(node, 100, 300);
  }
  void see(const std::string& node, std::uint64_t before, std::uint64_t now) {
    m.see(node, {snapshot(10, before, node), snapshot(12, now, node)});
  }
  std::string text(canvas on = {}) const { return text_of(render(m, on)); }
  bool shows(const std::string& what, canvas on = {}) const { return text(on).find(what) != std::string::npos; }
  std::vector<std::string> nodes_of_actors() const {
    std::vector<std::string> out;
    for (const auto& a : m.actors()) out.push_back(a.node);
    return out;
  }
  /// The words of the line that begins with `name`.
  std::string line_of_figure(const std::string& name, canvas on = {}) const {
    for (const auto& line : render(m, on))
      if (line.text.starts_with("  " + name)) return line.text;
    return {};
  }

  model m;
};

TEST_F(top_all_test, has_the_actors_of_all_nodes) {
  EXPECT_EQ(nodes_of_actors(), (std::vector<std::string>{"n1", "n1", "n1", "n2", "n2", "n2", "n3", "n3", "n3"}));
}

TEST_F(top_all_test, says_whose_an_actor_is_on_the_narrowest_screen) { EXPECT_TRUE(shows("n3   session-0", {40, 20})); }

TEST_F(top_all_test, says_whose_a_request_is) {
  press_all(m, "2");
  EXPECT_TRUE(shows("n3   user-login"));
}

TEST_F(top_all_test, filters_by_node) {
  press_all(m, "/n2");
  EXPECT_EQ(nodes_of_actors(), (std::vector<std::string>{"n2", "n2", "n2"}));
}

TEST_F(top_all_test, sorts_across_nodes) {
  see("n2", 100, 900);
  for (int i = 0; i < 11; ++i) press_all(m, "s");
  EXPECT_EQ(m.actors().front().node, "n2");
}

TEST_F(top_all_test, keeps_actors_of_one_rank_in_the_order_of_their_nodes) {
  press_all(m, "s");
  const auto nodes = nodes_of_actors();
  EXPECT_TRUE(std::ranges::is_sorted(nodes.begin(), nodes.begin() + 3));
}

TEST_F(top_all_test, adds_up_what_the_nodes_do) {
  // A request a handled message, in two seconds.
  EXPECT_EQ(m.history.at("requests").values().back(), 300);
}

TEST_F(top_all_test, adds_up_without_a_node_that_does_not_answer) {
  m.lose("n3", "there is no link", "12:00:01");
  see("n1", 100, 300);
  EXPECT_EQ(m.history.at("requests").values().back(), 200);
}

TEST_F(top_all_test, looks_at_the_actor_of_the_node_that_is_selected) {
  press_all(m, "jjjj");
  m.press(key_enter);
  EXPECT_TRUE(shows("user-0 on n2"));
}

TEST_F(top_all_test, shows_figures_of_nodes_beside_each_other) {
  see("n2", 1, 7);
  press_all(m, "3");
  EXPECT_TRUE(shows("Password hashes                      n1           n2           n3"));
  EXPECT_EQ(line_of_figure("queued"), "  queued                            300            7          300");
}

TEST_F(top_all_test, shows_figures_of_nodes_below_each_other_where_they_do_not_fit) {
  press_all(m, "3");
  const auto all = text({50, 100});
  EXPECT_LT(all.find("Password hashes                      n1\n"),
            all.find("Password hashes                      n2\n"));
}

TEST_F(top_all_test, marks_a_figure_that_is_remarkable_on_any_node) {
  press_all(m, "6");
  EXPECT_TRUE(shows("! limits"));
}

TEST_F(top_all_test, has_a_line_a_node) {
  press_all(m, "7");
  EXPECT_EQ(m.node_lines().size(), 3U);
  EXPECT_EQ(m.node_lines().front().requests, 100);
  EXPECT_TRUE(shows("n3   ready", {80, 24}));
  EXPECT_TRUE(shows("mail", {200, 24}));
}

TEST_F(top_all_test, sorts_nodes) {
  see("n2", 100, 900);
  press_all(m, "7sss");
  EXPECT_TRUE(shows("sort: requests"));
  EXPECT_EQ(m.node_lines().front().node, "n2");
}

TEST_F(top_all_test, says_in_every_view_who_does_not_answer_and_why) {
  m.lose("n3", "there is no link to node n3", "12:00:01");
  for (const auto* view : {"1", "2", "3", "4", "5", "6", "7"}) {
    press_all(m, view);
    EXPECT_TRUE(shows("! n3: no answer since 12:00:01: there is no link to node n3")) << view;
    EXPECT_TRUE(shows("! 1 WITHOUT AN ANSWER")) << view;
  }
}

TEST_F(top_all_test, shows_no_old_figures_of_a_node_that_does_not_answer) {
  m.lose("n3", "there is no link", "12:00:01");
  EXPECT_EQ(nodes_of_actors().back(), "n2");
  press_all(m, "3");
  EXPECT_EQ(line_of_figure("queued"), "  queued                            300          300            -");
}

TEST_F(top_all_test, keeps_the_line_of_a_node_that_does_not_answer) {
  m.lose("n3", "there is no link", "12:00:01");
  press_all(m, "7");
  EXPECT_EQ(m.node_lines().back().state, "no answer");
  EXPECT_TRUE(shows(" !n3   no answer"));
}

TEST_F(top_all_test, shows_a_node_again_that_is_back) {
  m.lose("n3", "there is no link", "12:00:01");
  see("n3", 1, 5);
  EXPECT_EQ(nodes_of_actors().back(), "n3");
  EXPECT_FALSE(shows("no answer"));
}

TEST_F(top_all_test, shows_a_node_that_never_answered) {
  m.lose("n4", "there is no link", "the start");
  EXPECT_TRUE(shows("! n4: no answer since the start"));
}

TEST_F(top_all_test, says_who_is_not_ready_and_why) {
  auto drained = snapshot(12, 300, "n2");
  drained["not_ready"] = "drained";
  m.see("n2", {json(), drained});
  EXPECT_TRUE(shows("! n2: not ready: drained"));
  EXPECT_TRUE(shows("! 1 NOT READY"));
}

TEST_F(top_all_test, holds_the_last_picture_while_the_node_that_is_asked_is_away) {
  for (const std::string node : {"n1", "n2", "n3"}) m.lose(node, "no connection", "12:00:01");
  EXPECT_EQ(nodes_of_actors().size(), 9U);
  EXPECT_TRUE(shows("! 127.0.0.1:1: no answer since 12:00:01; dialling again. no connection"));
  EXPECT_FALSE(shows("! n2"));
}

TEST_F(top_all_test, holds_the_whole_picture_while_paused) {
  press_all(m, " ");
  see("n2", 1, 9);
  m.lose("n3", "there is no link", "12:00:01");
  EXPECT_EQ(nodes_of_actors().size(), 9U);
  EXPECT_FALSE(shows("no answer"));
}

TEST_F(top_all_test, says_when_the_nodes_are_not_known) {
  m.unknown = "etcd does not answer";
  EXPECT_TRUE(shows("! the registered nodes are not known: etcd does not answer"));
}

TEST_F(top_all_test, leaves_room_for_rows_when_many_do_not_answer) {
  for (int i = 10; i < 60; ++i) m.lose("n" + std::to_string(i), "there is no link", "the start");
  EXPECT_TRUE(shows("! and 43 more"));
  EXPECT_TRUE(shows("session-0"));
}

TEST_F(top_all_test, shows_nothing_wider_or_longer_than_the_screen) {
  m.lose("n3", "there is no link", "12:00:01");
  for (const auto* v : {"1", "2", "3", "4", "5", "6", "7", "?"}) {
    press_all(m, v);
    for (const canvas on : {canvas{80, 24}, canvas{200, 50}, canvas{40, 10}, canvas{20, 3}, canvas{1, 1}}) {
      const auto lines = render(m, on);
      ASSERT_EQ(lines.size(), on.height);
      for (const auto& line : lines) EXPECT_LE(width_of(line.text), on.width) << v << ": " << line.text;
    }
  }
}

TEST_F(top_all_test, shows_no_control_characters_of_a_node) {
  auto said = snapshot(20, 300, "n2\033[2J");
  said["not_ready"] = "evil\033[2J";
  m.see("n2\033[2J", {json(), said});
  for (const auto* v : {"1", "3", "7"}) {
    press_all(m, v);
    EXPECT_EQ(text().find('\033'), std::string::npos) << v;
  }
}

TEST_F(top_all_test, lives_with_answers_of_other_versions) {
  m.see("n2", {json(), {{"actors", {1, "x", {{"actor", 5}}}}, {"requests", {{"a", 1}}}, {"cluster", {{"duties", 3}}}}});
  for (const auto* v : {"1", "2", "3", "4", "5", "6", "7"}) {
    press_all(m, v);
    EXPECT_EQ(render(m, {}).size(), 24U);
  }
}

TEST(top_of_one_node, has_no_view_of_nodes) {
  model m;
  m.see("", {json(), snapshot(10, 100)});
  press_all(m, "7");
  EXPECT_EQ(m.shown, view::actors);
  m.press(key_back_tab);
  EXPECT_EQ(m.shown, view::limits);
}

}  // namespace
}  // namespace authnz::ctl::top
