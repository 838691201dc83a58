#include "tools/daemon/cluster_report.hpp"

#include <gtest/gtest.h>

namespace authnz::daemon {
namespace {

using net::etcd::member_status;

member_status member(const std::string& name, bool leads = false) {
  member_status m;
  m.endpoint = "https://" + name + ":2379";
  m.name = name;
  m.version = "3.4.23";
  m.answers = true;
  m.leads = leads;
  m.has_leader = true;
  m.bytes = 1 << 20;
  return m;
}

cluster_facts in_order() {
  cluster_facts f;
  f.state.cluster = "0123";
  f.state.node = "here";
  f.state.applied = 41;
  f.state.head = 42;
  f.state.age_ms = 7;
  f.state.whole = true;
  f.state.fresh = true;
  f.prefix = "authnz";
  f.registered = true;
  f.duties = {"mail"};
  f.etcd = {member("a", true), member("b"), member("c")};
  return f;
}

/// The one thing that is wrong.
std::string problem(const cluster_facts& f) {
  const auto all = problems_of(f);
  EXPECT_EQ(all.size(), 1U) << nlohmann::json(all);
  return all.empty() ? "" : all.front();
}

bool begins(const std::string& text, std::string_view with) { return text.starts_with(with); }

TEST(cluster_report, names_no_problem_where_there_is_none) {
  EXPECT_TRUE(problems_of(in_order()).empty());
  const auto report = report_of(in_order());
  EXPECT_TRUE(report.at("problems").empty());
  EXPECT_EQ(report.at("applied"), 41);
  EXPECT_EQ(report.at("age_ms"), 7);
  EXPECT_EQ(report.at("consistency"), "bounded");
  EXPECT_EQ(report.at("duties"), (nlohmann::json{"mail"}));
  EXPECT_EQ(report.at("etcd").size(), 3U);
}

TEST(cluster_report, says_unknown_of_an_age_that_is_unknown) {
  auto f = in_order();
  f.state.age_ms = -1;
  EXPECT_TRUE(report_of(f).at("age_ms").is_null());
}

TEST(cluster_report, names_a_member_that_is_down) {
  auto f = in_order();
  f.etcd[1] = {};
  f.etcd[1].endpoint = "https://b:2379";
  f.etcd[1].why = "etcd at https://b:2379: connection refused";
  EXPECT_EQ(problem(f),
            "etcd https://b:2379 does not answer: connection refused; start it, or take it out of the item cluster");
}

TEST(cluster_report, says_what_it_means_that_none_answers) {
  auto f = in_order();
  for (auto& m : f.etcd) m.answers = false;
  const auto all = problems_of(f);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(begins(all.front(), "no member of etcd answers")) << all.front();
}

TEST(cluster_report, names_a_member_without_a_leader) {
  auto f = in_order();
  f.etcd[2].has_leader = false;
  EXPECT_TRUE(begins(problem(f), "etcd c (https://c:2379) has no leader, so nothing can be written"));
}

TEST(cluster_report, says_how_to_mend_a_full_etcd) {
  auto f = in_order();
  f.etcd[0].alarms = {"NOSPACE"};
  const auto text = problem(f);
  EXPECT_TRUE(begins(text, "etcd a (https://a:2379) has used up its space")) << text;
  EXPECT_NE(text.find("etcdctl alarm disarm"), std::string::npos) << text;
}

TEST(cluster_report, names_other_alarms) {
  auto f = in_order();
  f.etcd[0].alarms = {"CORRUPT"};
  EXPECT_NE(problem(f).find("alarm CORRUPT"), std::string::npos);
}

TEST(cluster_report, warns_before_the_usual_quota_is_used_up) {
  auto f = in_order();
  f.etcd[0].bytes = much_for_etcd;
  EXPECT_TRUE(problems_of(f).empty());
  f.etcd[0].bytes = much_for_etcd + 1;
  EXPECT_TRUE(begins(problem(f), "etcd a (https://a:2379) takes 1536 MiB"));
}

TEST(cluster_report, names_an_etcd_that_is_too_old) {
  for (const auto* version : {"3.3.25", "2.4.0"}) {
    auto f = in_order();
    f.etcd[0].version = version;
    EXPECT_NE(problem(f).find("3.4 or later is needed"), std::string::npos) << version;
  }
  for (const auto* version : {"3.4.0", "3.5.9", "3.10.1", "4.0.0", "", "unheard-of"}) {
    auto f = in_order();
    f.etcd[0].version = version;
    EXPECT_TRUE(problems_of(f).empty()) << version;
  }
}

TEST(cluster_report, says_why_requests_are_refused) {
  auto f = in_order();
  f.state.fresh = false;
  f.state.trouble = "etcd is out of reach";
  EXPECT_EQ(problem(f),
            "this node cannot show that its state is recent enough, and refuses requests (503): etcd is out of reach");
  f.state.whole = false;
  EXPECT_TRUE(begins(problem(f), "this node reads the whole state from etcd again"));
}

TEST(cluster_report, tells_trouble_of_a_node_that_serves) {
  auto f = in_order();
  f.state.trouble = "another process commits as node here";
  EXPECT_EQ(problem(f), "another process commits as node here");
}

TEST(cluster_report, names_the_nodes_to_which_there_is_no_link) {
  auto f = in_order();
  f.links = std::make_shared<const actors::peer_view>(
      actors::peer_view{.number = 1, .self = "here", .others = {{"b", {}}, {"c", {}}}});
  EXPECT_TRUE(begins(problem(f), "this node has no link to b, c, so each counts rate limits for itself")) << problem(f);
}

TEST(cluster_report, takes_a_node_without_others_for_linked) {
  auto f = in_order();
  f.links = std::make_shared<const actors::peer_view>(actors::peer_view{.number = 1, .self = "here", .others = {}});
  EXPECT_TRUE(problems_of(f).empty());
}

TEST(cluster_report, names_a_node_that_is_not_registered_unless_it_was_drained) {
  auto f = in_order();
  f.registered = false;
  EXPECT_TRUE(begins(problem(f), "this node is not registered"));
  f.drained = true;
  EXPECT_TRUE(problems_of(f).empty());
}

TEST(cluster_report, lists_members_and_marks_this_one) {
  const auto list = list_of({{"here", "192.0.2.1:13432", "0.1.0", "2026-01-01T00:00:00Z", 9, {"sweeping", "mail"}},
                             {"there", "", "0.1.0", "2026-01-01T00:00:01Z", 10, {}}},
                            "here");
  const auto& members = list.at("members");
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].at("this"), true);
  EXPECT_EQ(members[1].at("this"), false);
  EXPECT_EQ(members[0].at("duties"), (nlohmann::json{"sweeping", "mail"}));
}

TEST(cluster_report, says_which_nodes_there_is_a_link_to) {
  actors::peer_view view;
  view.self = "here";
  view.others = {{"there", {}}};
  auto f = in_order();
  EXPECT_TRUE(report_of(f).at("links").is_null());
  f.links = std::make_shared<const actors::peer_view>(view);
  EXPECT_EQ(report_of(f).at("links").dump(), R"([{"node":"there","linked":false}])");
  const auto members =
      list_of({{"here", {}, {}, {}, 9, {}, "192.0.2.1:13433"}, {"there", {}, {}, {}, 10}}, "here", &view);
  EXPECT_EQ(members.at("members")[0].at("link"), "192.0.2.1:13433");
  EXPECT_TRUE(members.at("members")[0].at("linked").is_null());
  EXPECT_TRUE(members.at("members")[1].at("link").is_null());
  EXPECT_EQ(members.at("members")[1].at("linked"), false);
}

}  // namespace
}  // namespace authnz::daemon
