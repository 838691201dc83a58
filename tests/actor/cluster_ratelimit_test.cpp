#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "actors/limits_job.hpp"
#include "actors/ratelimit.hpp"
#include "tests/actor/actor_rig.hpp"
#include "tests/actor/ratelimit_node.hpp"

namespace authnz::actors {
namespace {

using test::cluster_ratelimit_test;
using test::test_node;

using namespace std::chrono_literals;
using proto::http_status;
using proto::request;

TEST_F(cluster_ratelimit_test, lets_each_client_have_one_limit_of_all_nodes) {
  start(3, "user-list:7");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(passing(30, "client " + std::to_string(i)), 7) << i;
}

TEST_F(cluster_ratelimit_test, gives_everything_back_at_the_owners_step) {
  start(2, "user-list:7");
  const auto client = client_of(1);
  EXPECT_EQ(passing(20, client), 7);
  stepped.pass(60s, 250ms);
  EXPECT_EQ(passing(20, client), 7);
}

TEST_F(cluster_ratelimit_test, refuses_with_the_seconds_that_the_owner_says) {
  start(2, "user-list:1");
  const auto client = client_of(1);
  passes(1, client);
  stepped.pass(20s, 250ms);
  const auto refused = ask(0, client);
  EXPECT_EQ(refused.status, http_status::too_many_requests);
  EXPECT_EQ(refused.retry_after, 40U);
  EXPECT_EQ(noted, std::vector<std::string>{client});
}

TEST_F(cluster_ratelimit_test, asks_for_many_requests_in_few_texts) {
  start(2, "user-list:50");
  const auto client = client_of(1);
  for (int i = 0; i < 200; ++i) send(0, client);
  stepped.run();
  ASSERT_EQ(answers->size(), 200U);
  int passed = 0;
  for (int i = 0; i < 200; ++i) passed += answers->take().value().status == http_status::ok;
  EXPECT_EQ(passed, 50);
  EXPECT_EQ(nodes[1]->asked, 1U);
}

TEST_F(cluster_ratelimit_test, asks_nobody_about_its_own_buckets) {
  start(2, "");
  EXPECT_TRUE(passes(0, client_of(0)));
  EXPECT_EQ(nodes[1]->asked, 0U);
}

TEST_F(cluster_ratelimit_test, counts_itself_what_a_node_without_a_link_owns) {
  start(3, "user-list:4");
  const auto client = client_of(2);
  know_each_other({}, {2});
  EXPECT_EQ(passing(60, client), 3 * 4);
}

TEST_F(cluster_ratelimit_test, tells_how_much_it_counted_for_owners_out_of_reach) {
  start(2, "user-list:4");
  const auto client = client_of(1);
  EXPECT_TRUE(passes(0, client_of(0)));
  EXPECT_TRUE(passes(0, client));
  EXPECT_EQ(counts->limits.counted_for_others, 0U);
  know_each_other({}, {1});
  EXPECT_TRUE(passes(0, client_of(0)));
  for (int i = 0; i < 3; ++i) passes(0, client);
  EXPECT_EQ(counts->limits.counted_for_others, 3U);
}

TEST_F(cluster_ratelimit_test, tells_what_it_counted_for_an_owner_that_did_not_answer) {
  start(2, "user-list:4");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  send(0, client_of(1));
  stepped.run();
  stepped.pass(250ms, 250ms);
  EXPECT_EQ(counts->limits.counted_for_others, 1U);
}

TEST_F(cluster_ratelimit_test, counts_itself_while_the_owners_rate_limiter_is_gone) {
  start(2, "user-list:4");
  const auto client = client_of(1);
  end(nodes[1]->limiter, caf::exit_reason::kill);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(passes(0, client)) << i;
  EXPECT_FALSE(passes(0, client));
}

TEST_F(cluster_ratelimit_test, counts_itself_when_the_owner_speaks_otherwise) {
  start(2, "user-list:4");
  nodes[1]->door_is = test_node::manner::talks_nonsense;
  const auto client = client_of(1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(passes(0, client)) << i;
  EXPECT_FALSE(passes(0, client));
}

TEST_F(cluster_ratelimit_test, counts_itself_when_the_owners_door_is_gone) {
  start(2, "user-list:4");
  const auto client = client_of(1);
  caf::anon_send_exit(nodes[1]->door, caf::exit_reason::kill);
  stepped.run();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(passes(0, client)) << i;
  EXPECT_FALSE(passes(0, client));
}

TEST_F(cluster_ratelimit_test, waits_for_a_silent_owner_once_and_then_no_more) {
  start(2, "user-list:4");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  const auto client = client_of(1);
  send(0, client);
  stepped.run();
  EXPECT_EQ(answers->size(), 0U);
  stepped.pass(250ms, 250ms);
  EXPECT_EQ(answers->take().value().status, http_status::ok);
  EXPECT_TRUE(passes(0, client));
  EXPECT_EQ(nodes[1]->asked, 1U);
}

TEST_F(cluster_ratelimit_test, asks_an_owner_again_that_was_silent) {
  start(2, "user-list:4");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  const auto client = client_of(1);
  send(0, client);
  stepped.run();
  stepped.pass(250ms, 250ms);
  ASSERT_EQ(answers->take().value().status, http_status::ok);
  nodes[1]->door_is = test_node::manner::answers;
  stepped.pass(1s, 250ms);
  EXPECT_EQ(passing(20, client), 4);
  EXPECT_GT(nodes[1]->asked, 1U);
}

TEST_F(cluster_ratelimit_test, answers_all_that_waited_for_a_silent_owner) {
  start(2, "user-list:1000");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  const auto client = client_of(1);
  for (int i = 0; i < 900; ++i) send(0, client);
  stepped.run();
  stepped.pass(500ms, 250ms);
  EXPECT_EQ(answers->size(), 900U);
}

TEST_F(cluster_ratelimit_test, hands_buckets_to_a_node_that_joins) {
  start(3, "user-list:9");
  const auto client = client_of(2);
  know_each_other({2});
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(passes(static_cast<std::size_t>(i) % 2, client));
  know_each_other();
  EXPECT_EQ(passing(30, client), 3);
}

TEST_F(cluster_ratelimit_test, knows_what_a_node_counted_that_was_cut_off) {
  start(2, "user-list:9");
  const auto client = client_of(1);
  know_each_other({}, {1});
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(passes(0, client));
  know_each_other();
  EXPECT_EQ(passing(20, client), 0);
}

TEST_F(cluster_ratelimit_test, asks_nobody_before_it_told_him_what_it_counted) {
  start(2, "user-list:9");
  const auto client = client_of(1);
  change_views({}, {1});
  for (int i = 0; i < 2000; ++i) send(0, "another " + std::to_string(i));
  for (int i = 0; i < 9; ++i) send(0, client);
  stepped.run();
  while (answers->size() > 0) answers->take();
  change_views();
  EXPECT_FALSE(passes(0, client));
}

TEST_F(cluster_ratelimit_test, hands_buckets_on_when_it_stops) {
  start(3, "user-list:9");
  const auto client = client_of(2);
  EXPECT_EQ(passing(6, client), 6);
  end(nodes[2]->limiter);
  know_each_other({2});
  int passed = 0;
  for (std::size_t i = 0; i < 20; ++i) passed += passes(i % 2, client);
  EXPECT_EQ(passed, 3);
}

TEST_F(cluster_ratelimit_test, leaves_nobody_a_new_bucket_before_all_know_that_it_stopped) {
  start(3, "user-list:9");
  const auto client = client_of(2);
  EXPECT_EQ(passing(6, client), 6);
  end(nodes[2]->limiter);
  int passed = 0;
  for (std::size_t i = 0; i < 20; ++i) passed += passes(i % 2, client);
  EXPECT_EQ(passed, 2 * 3);
}

TEST_F(cluster_ratelimit_test, gives_back_what_a_refused_request_took_at_another_node) {
  start(3, "user-lookup-email:3");
  const auto client = client_of(1, request::user_lookup_email);
  const auto spent = address_of(2);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(passes(0, "another " + std::to_string(i), spent));
  for (std::size_t i = 0; i < 9; ++i) EXPECT_FALSE(passes(i % 3, client, spent));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(passes(0, client, address_of(0))) << i;
  EXPECT_FALSE(passes(0, client, address_of(0)));
}

TEST_F(cluster_ratelimit_test, does_not_charge_an_address_for_a_limited_client) {
  start(3, "user-lookup-email:3");
  const auto client = client_of(1, request::user_lookup_email);
  for (int i = 0; i < 3; ++i) passes(0, client, address_of(0));
  const auto address = address_of(2);
  const auto asked = nodes[2]->asked;
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(passes(0, client, address));
  EXPECT_EQ(nodes[2]->asked, asked);
}

TEST_F(cluster_ratelimit_test, answers_what_it_holds_when_it_dies) {
  start(2, "");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  for (int i = 0; i < 3; ++i) send(0, client_of(1));
  stepped.run();
  ASSERT_EQ(answers->size(), 0U);
  end(nodes[0]->limiter, caf::exit_reason::kill);
  ASSERT_EQ(answers->size(), 3U);
  EXPECT_EQ(answers->take().value().status, http_status::unavailable);
}

TEST_F(cluster_ratelimit_test, decides_what_it_holds_when_it_is_restarted) {
  start(3, "user-lookup-email:2");
  nodes[1]->door_is = test_node::manner::keeps_silent;
  const auto client = client_of(1, request::user_lookup_email);
  for (int i = 0; i < 3; ++i) send(0, client, address_of(2));
  stepped.run();
  for (int i = 0; i < 3; ++i) send(0, client, address_of(2));
  ASSERT_EQ(answers->size(), 0U);
  end(nodes[0]->limiter);
  ASSERT_EQ(answers->size(), 6U);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(answers->take().value().status, i < 2 ? http_status::ok : http_status::too_many_requests) << i;
}

TEST_F(cluster_ratelimit_test, knows_its_keys_after_an_administrator_cleared_all) {
  start(2, "user-list:4");
  const auto client = client_of(1);
  EXPECT_EQ(passing(20, client), 4);
  auto job = std::make_shared<limits_job>();
  job->what = limits_job::kind::fill_all;
  job->fresh = std::make_shared<rate_buckets>(config->rates, rate_buckets::hash_key{9});
  caf::anon_send(nodes[1]->limiter, std::move(job));
  stepped.run();
  EXPECT_EQ(passing(20, client), 4);
}

TEST_F(cluster_ratelimit_test, answers_a_damaged_question_with_nothing) {
  start(1, "");
  std::vector<std::string> replies;
  const auto reply = [&](std::string text) { replies.push_back(std::move(text)); };
  caf::anon_send(nodes[0]->limiter, std::make_shared<peer_job>(peer_job::kind::take, "damaged", reply));
  caf::anon_send(nodes[0]->limiter, std::make_shared<peer_job>(peer_job::kind::hand, "damaged", reply));
  stepped.run();
  EXPECT_EQ(replies, (std::vector<std::string>{"", ""}));
  EXPECT_TRUE(passes(0, "192.0.2.1"));
}

TEST_F(cluster_ratelimit_test, decides_as_one_node_would) {
  start(3, "user-list:40;user-lookup-email:20");
  rate_buckets alone(config->rates, rate_buckets::hash_key{1});
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  const auto below = [&](std::uint32_t n) { return random() % n; };
  const std::int64_t now = 1'000'000;
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto client = "client " + std::to_string(below(1000));
    const auto address = below(2) == 0 ? std::string() : "a" + std::to_string(below(800)) + "@example.org";
    const std::array<rate_subject, 2> subjects{
        {{rate_subject::kind::client, client}, {rate_subject::kind::mail_address, address}}};
    const auto& row = proto::row(address.empty() ? request::user_list : request::user_lookup_email);
    const auto expected = alone.take(row, std::span(subjects).first(address.empty() ? 1 : 2), now);
    const auto answer = ask(below(3), client, address);
    ASSERT_EQ(answer.status == http_status::ok, expected.allowed()) << i;
    ASSERT_EQ(answer.retry_after, expected.retry_after) << i;
    refused += expected.allowed() ? 0 : 1;
  }
  EXPECT_GT(refused, 10'000);
  EXPECT_LT(refused, 90'000);
}

}  // namespace
}  // namespace authnz::actors
