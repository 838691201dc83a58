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

using test::door_of;
using test::test_node;

using namespace std::chrono_literals;
using proto::http_status;
using proto::request;

/// Nodes of one cluster, whose clock stands still unless the test moves it.
class cluster_ratelimit_test : public testing::Test {
 protected:
  void start(std::size_t count, std::string_view limits) {
    auto s = std::make_shared<settings>();
    s->rates = parse_rate_limits(limits).value();
    s->rates.keys = 10'000;
    config = s;
    for (std::size_t i = 0; i < count; ++i) {
      auto& n = *nodes.emplace_back(std::make_unique<test_node>());
      n.name = "node-" + std::to_string(i);
      n.door = stepped.system.spawn(door_of, &n);
      start_limiter(n);
    }
    know_each_other();
  }
  void start_limiter(test_node& n) {
    n.buckets = std::make_shared<rate_buckets>(config->rates, limits_secret("c"));
    n.limiter = stepped.system.spawn(
        ratelimit, ratelimit_parts{.config = config,
                                   .buckets = n.buckets,
                                   .route =
                                       [](proto::exchange_ptr&& ex) {
                                         ex->answer({http_status::ok, "passed", 0});
                                       },
                                   .on_refusal = [this](const proto::exchange& ex) { noted.push_back(ex.client); },
                                   .measured = std::make_shared<meter>(),
                                   .counts = counts,
                                   .peers = &n.roster});
  }
  /// All but those in `gone` are registered; those in `cut_off` have no links.
  void know_each_other(const std::vector<std::size_t>& gone = {}, const std::vector<std::size_t>& cut_off = {}) {
    const auto is_in = [](const auto& list, std::size_t i) { return std::ranges::count(list, i) > 0; };
    ++view_number;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      auto view = std::make_shared<peer_view>(peer_view{view_number, nodes[i]->name, {}});
      for (std::size_t k = 0; k < nodes.size(); ++k) {
        if (k == i || is_in(gone, k)) continue;
        const bool linked = !is_in(cut_off, i) && !is_in(cut_off, k);
        view->others.push_back({nodes[k]->name, linked ? nodes[k]->door : peer_door()});
      }
      nodes[i]->roster.view = view;
    }
    stepped.pass(250ms, 250ms);
  }
  void end(ratelimit_actor& limiter, caf::exit_reason why = caf::exit_reason::user_shutdown) {
    caf::anon_send_exit(limiter, why);
    stepped.run();
    limiter = nullptr;
  }
  void TearDown() override {
    for (auto& n : nodes) {
      n->unanswered.clear();
      caf::anon_send_exit(n->limiter, caf::exit_reason::kill);
      caf::anon_send_exit(n->door, caf::exit_reason::kill);
      n->roster.view = std::make_shared<peer_view>();
    }
    stepped.run();
  }

  /// Whether node 0 knows another as the one that counts this client's requests.
  std::size_t owner_of_key(const proto::request_row& row, const rate_subject& who) {
    const auto hash = nodes[0]->buckets->own_hash_of(row, who);
    const auto owner = owner_of(*nodes[0]->roster.view, {reinterpret_cast<const char*>(hash.data()), hash.size()});
    for (std::size_t i = 1; i < nodes.size(); ++i)
      if (nodes[i]->name == owner) return i;
    return 0;
  }
  std::string client_of(std::size_t node, request what = request::user_list) {
    for (int i = 0;; ++i) {
      auto client = "client " + std::to_string(i);
      if (owner_of_key(proto::row(what), {rate_subject::kind::client, client}) == node) return client;
    }
  }
  std::string address_of(std::size_t node) {
    for (int i = 0;; ++i) {
      auto address = "a" + std::to_string(i) + "@example.org";
      if (owner_of_key(proto::row(request::user_lookup_email), {rate_subject::kind::mail_address, address}) == node)
        return address;
    }
  }

  void send(std::size_t node, const std::string& client, const std::string& address = {}) {
    const auto what = address.empty() ? request::user_list : request::user_lookup_email;
    const auto body = address.empty() ? std::string(R"({"user_id": 1})") : R"({"email": ")" + address + R"("})";
    auto ex = test::make_exchange(answers, what, body.c_str(), client);
    ex->problems.clear();
    caf::anon_send(nodes[node]->limiter, std::move(ex));
  }
  proto::reply ask(std::size_t node, const std::string& client, const std::string& address = {}) {
    send(node, client, address);
    stepped.run();
    return answers->size() > 0 ? answers->take().value() : proto::reply{http_status::not_found, "none", 0};
  }
  bool passes(std::size_t node, const std::string& client, const std::string& address = {}) {
    return ask(node, client, address).status == http_status::ok;
  }
  /// Of requests to all nodes in turn.
  int passing(int asked, const std::string& client) {
    int passed = 0;
    for (int i = 0; i < asked; ++i) passed += passes(static_cast<std::size_t>(i) % nodes.size(), client);
    return passed;
  }

  test::stepped_system stepped;
  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  settings_ptr config;
  std::uint64_t view_number = 0;
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<std::string> noted;
  node_meters_ptr counts = std::make_shared<node_meters>();  ///< of all nodes
};

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
