#include "net/metrics_text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "net/metric_families.hpp"

namespace authnz::net {
namespace {

using actors::snapshot;
using std::chrono::microseconds;

constexpr std::chrono::sys_seconds started{std::chrono::seconds(1'700'000'000)};

snapshot sample() {
  snapshot s;
  s.node = "here \"quoted\"";
  s.version = "0.1.0";
  s.in_flight = 3;
  actors::actor_row a;
  a.id = "session-0";
  a.kind = "session";
  a.state = actors::actor_state::draining;
  a.measured.handled = 12;
  a.measured.restarts = 2;
  a.age = microseconds(1'500'000);
  s.actors.push_back(a);
  s.store.page_size = 4096;
  s.store.used_pages = 10;
  s.store.slices = {{"users", 7, 2}};
  s.listener.counters = {{"replayed", 4}, {"accepted", 9}, {"unheard_of", 1}};
  s.process.cpu_microseconds = 2'500'000;
  return s;
}

/// The lines of one metric: name and labels -> value.
std::string value_of(const std::string& text, const std::string& series) {
  const auto at = text.find("\n" + series + " ");
  if (at == std::string::npos) return "missing";
  const auto begin = at + series.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string of_histogram(const actors::histogram& h, const bucket_scale& scale,
                         std::optional<std::uint64_t> sum = std::nullopt) {
  metric_families f;
  f.histogram("x", "help").add(h.read(), scale, {}, sum);
  return f.text();
}

std::size_t buckets_with(const std::string& text, int count) {
  const auto end = "\"} " + std::to_string(count) + "\n";
  std::size_t found = 0;
  for (auto at = text.find(end); at != std::string::npos; at = text.find(end, at + 1)) ++found;
  return found;
}

TEST(metrics_text, tells_requests_by_kind_and_outcome) {
  auto s = sample();
  actors::request_meter m;
  m.add(proto::request::session_new, 0, microseconds(900));
  m.add(proto::request::session_new, static_cast<std::size_t>(actors::turnout::limited), microseconds(20));
  s.requests = m.read();
  const auto text = metrics_text(s, started);
  EXPECT_EQ(value_of(text, R"(authnzerver_requests_total{request="session-new",outcome="success"})"), "1");
  EXPECT_EQ(value_of(text, R"(authnzerver_requests_total{request="session-new",outcome="rate-limited"})"), "1");
  EXPECT_EQ(value_of(text, R"(authnzerver_request_duration_seconds_count{request="session-new"})"), "2");
  EXPECT_EQ(value_of(text, R"(authnzerver_request_duration_seconds_bucket{request="session-new",le="0.001024"})"), "2");
  EXPECT_EQ(value_of(text, R"(authnzerver_request_duration_seconds_bucket{request="session-new",le="0.000512"})"), "1");
}

TEST(metrics_text, has_what_may_occur_before_it_does) {
  const auto text = metrics_text(sample(), started);
  EXPECT_EQ(value_of(text, R"(authnzerver_requests_total{request="user-login",outcome="success"})"), "0");
  EXPECT_EQ(value_of(text, R"(authnzerver_requests_total{request="user-login",outcome="error"})"), "0");
}

TEST(metrics_text, tells_actors_and_their_states) {
  const auto text = metrics_text(sample(), started);
  const std::string labels = R"(actor="session-0",kind="session",shard="0")";
  EXPECT_EQ(value_of(text, "authnzerver_actor_handled_total{" + labels + "}"), "12");
  EXPECT_EQ(value_of(text, "authnzerver_actor_restarts_total{" + labels + "}"), "2");
  EXPECT_EQ(value_of(text, "authnzerver_actor_age_seconds{" + labels + "}"), "1.5");
  EXPECT_EQ(value_of(text, "authnzerver_actor_state{" + labels + R"(,state="draining"})"), "1");
  EXPECT_EQ(value_of(text, "authnzerver_actor_state{" + labels + R"(,state="running"})"), "0");
}

TEST(metrics_text, tells_sizes_in_bytes_and_times_in_seconds) {
  const auto text = metrics_text(sample(), started);
  EXPECT_EQ(value_of(text, "authnzerver_lmdb_used_bytes"), "40960");
  EXPECT_EQ(value_of(text, R"(authnzerver_lmdb_slice_bytes{slice="users"})"), "8192");
  EXPECT_EQ(value_of(text, "process_cpu_seconds_total"), "2.5");
  EXPECT_EQ(value_of(text, "process_start_time_seconds"), "1700000000");
}

TEST(metrics_text, tells_what_listeners_count_under_names_of_its_own) {
  const auto text = metrics_text(sample(), started);
  EXPECT_EQ(value_of(text, R"(authnzerver_http_refused_total{reason="replayed"})"), "4");
  EXPECT_EQ(value_of(text, "authnzerver_connections_accepted_total"), "9");
  EXPECT_EQ(text.find("unheard_of"), std::string::npos);
}

TEST(metrics_text, tells_whether_the_node_is_ready) {
  auto s = sample();
  EXPECT_EQ(value_of(metrics_text(s, started), "authnzerver_ready"), "1");
  s.not_ready = "stopping";
  EXPECT_EQ(value_of(metrics_text(s, started), "authnzerver_ready"), "0");
}

TEST(metrics_text, tells_how_a_node_stands_in_its_cluster) {
  auto s = sample();
  s.cluster = actors::cluster_row{.applied = 41,
                                  .head = 42,
                                  .age = std::chrono::milliseconds(250),
                                  .fresh = true,
                                  .rebuilds = 2,
                                  .duties = {{"sweeping", true}, {"mail", false}}};
  const auto text = metrics_text(s, started);
  EXPECT_EQ(value_of(text, "authnzerver_cluster_applied_revision"), "41");
  EXPECT_EQ(value_of(text, "authnzerver_cluster_head_revision"), "42");
  EXPECT_EQ(value_of(text, "authnzerver_cluster_state_age_seconds"), "0.25");
  EXPECT_EQ(value_of(text, "authnzerver_cluster_fresh"), "1");
  EXPECT_EQ(value_of(text, "authnzerver_cluster_registered"), "0");
  EXPECT_EQ(value_of(text, "authnzerver_cluster_rebuilds_total"), "2");
  EXPECT_EQ(value_of(text, R"(authnzerver_cluster_duties{duty="sweeping"})"), "1");
  EXPECT_EQ(value_of(text, R"(authnzerver_cluster_duties{duty="mail"})"), "0");
}

TEST(metrics_text, has_no_age_of_a_state_where_it_is_unknown) {
  auto s = sample();
  s.cluster.emplace();
  EXPECT_EQ(value_of(metrics_text(s, started), "authnzerver_cluster_state_age_seconds"), "missing");
}

TEST(metrics_text, tells_nothing_of_a_cluster_on_a_single_node) {
  const auto text = metrics_text(sample(), started);
  EXPECT_EQ(value_of(text, "authnzerver_cluster_fresh"), "missing");
  EXPECT_NE(text.find("# TYPE authnzerver_cluster_fresh gauge"), std::string::npos);
}

TEST(metrics_text, quotes_labels) {
  EXPECT_EQ(
      value_of(metrics_text(sample(), started), R"(authnzerver_build_info{node="here \"quoted\"",version="0.1.0"})"),
      "1");
}

TEST(metrics_text, explains_each_family_once_and_names_it_by_convention) {
  std::istringstream lines(metrics_text(sample(), started));
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# HELP ")) continue;
    const auto name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_TRUE(name.starts_with("authnzerver_") || name.starts_with("process_")) << name;
    EXPECT_GT(line.size(), name.size() + 20) << line;
  }
  EXPECT_GT(seen.size(), 50U);
}

TEST(metrics_text, counts_durations_exactly_at_every_bound) {
  for (const auto* scale : {&fine_durations(), &coarse_durations()})
    for (const auto bound : scale->bounds) {
      actors::histogram h;
      h.add(microseconds(bound - 1));
      h.add(microseconds(bound));
      const auto text = of_histogram(h, *scale);
      // The buckets below hold none, those above both.
      EXPECT_EQ(buckets_with(text, 1), 1U) << bound << "\n" << text;
    }
}

TEST(metrics_text, counts_small_numbers_exactly_at_every_bound) {
  for (const auto bound : small_numbers().bounds) {
    actors::histogram h;
    h.add(microseconds(bound));
    h.add(microseconds(bound + 1));
    EXPECT_EQ(value_of(of_histogram(h, small_numbers()), "authnzerver_x_bucket{le=\"" + std::to_string(bound) + "\"}"),
              "1");
  }
}

TEST(metrics_text, estimates_a_sum_within_a_sixteenth_when_it_is_not_known) {
  actors::histogram h;
  for (const int us : {3, 100, 5'000, 250'000, 7'000'000}) h.add(microseconds(us));
  EXPECT_NEAR(std::stod(value_of(of_histogram(h, fine_durations()), "authnzerver_x_sum")), 7.255103, 7.255103 / 16);
  EXPECT_EQ(value_of(of_histogram(h, fine_durations(), 2'000'000), "authnzerver_x_sum"), "2");
}

TEST(metrics_text, counts_what_is_beyond_the_last_bound) {
  actors::histogram h;
  h.add(std::chrono::hours(2));
  EXPECT_EQ(value_of(of_histogram(h, fine_durations()), "authnzerver_x_bucket{le=\"+Inf\"}"), "1");
  EXPECT_EQ(value_of(of_histogram(h, fine_durations()), "authnzerver_x_bucket{le=\"33.554432\"}"), "0");
}

}  // namespace
}  // namespace authnz::net
