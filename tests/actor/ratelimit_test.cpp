#include "actors/ratelimit.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actors/limits_job.hpp"
#include "storage/memory_store.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;
using proto::http_status;
using proto::request;

constexpr auto* some_user = R"({"user_id": 1})";

/// A rate limiter, and what it let through.
class ratelimit_actor_test : public testing::Test {
 protected:
  void start(std::string_view limits) {
    config = with(limits);
    buckets = std::make_shared<rate_buckets>(config->rates, rate_buckets::hash_key{1});
    actor = stepped.system.spawn(
        ratelimit,
        ratelimit_parts{config, buckets, [this](proto::exchange_ptr&& ex) { passed.push_back(std::move(ex)); },
                        [this](const proto::exchange& ex) { refusals.push_back(ex.client); }, measured});
    stepped.run();
  }
  static settings_ptr with(std::string_view limits) {
    auto s = std::make_shared<settings>();
    s->rates = parse_rate_limits(limits).value();
    return s;
  }
  void ask(request what, const char* body, const std::string& client = "192.0.2.1") {
    caf::anon_send(actor, test::make_exchange(answers, what, body, client));
    stepped.run();
  }
  void TearDown() override {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    stepped.run();
  }

  test::stepped_system stepped;
  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  settings_ptr config;
  std::shared_ptr<rate_buckets> buckets;
  meter_ptr measured = std::make_shared<meter>();
  std::vector<proto::exchange_ptr> passed;
  std::vector<std::string> refusals;
  ratelimit_actor actor;
};

TEST_F(ratelimit_actor_test, passes_on_what_is_allowed) {
  start("");
  ask(request::user_list, some_user);
  ASSERT_EQ(passed.size(), 1);
  EXPECT_EQ(passed[0]->request.integer("user_id"), 1);
  EXPECT_EQ(answers->size(), 0);
}

TEST_F(ratelimit_actor_test, refuses_with_the_seconds_to_wait) {
  start("user-list:2");
  for (int i = 0; i < 3; ++i) ask(request::user_list, some_user);
  EXPECT_EQ(passed.size(), 2);
  const auto answer = answers->take().value();
  EXPECT_EQ(answer.status, http_status::too_many_requests);
  EXPECT_EQ(answer.retry_after, 60);
}

TEST_F(ratelimit_actor_test, lets_pass_again_when_an_administrator_says_so) {
  start("user-list:1");
  for (int i = 0; i < 2; ++i) ask(request::user_list, some_user);
  std::size_t filled = 0;
  auto job = std::make_shared<limits_job>();
  job->what = limits_job::kind::fill;
  job->subjects = {{rate_subject::kind::client, "192.0.2.1"}};
  job->done = [&](const limits_answer& a) { filled = a.filled; };
  caf::anon_send(actor, std::move(job));
  stepped.run();
  EXPECT_EQ(filled, 1U);
  ask(request::user_list, some_user);
  EXPECT_EQ(passed.size(), 2U);
}

TEST_F(ratelimit_actor_test, counts_many_buckets_in_slices_between_requests) {
  start("");
  for (int i = 0; i < 6000; ++i) ask(request::user_list, some_user, "client " + std::to_string(i));
  std::uint64_t counted = 0;
  auto job = std::make_shared<limits_job>();
  job->done = [&](const limits_answer& a) {
    counted = a.census.of[static_cast<std::size_t>(request::user_list)].not_full;
  };
  caf::anon_send(actor, std::move(job));
  stepped.run();
  EXPECT_EQ(counted, 6000U);
}

TEST_F(ratelimit_actor_test, lets_pass_again_after_a_minute) {
  start("user-list:1");
  ask(request::user_list, some_user);
  stepped.pass(60s, 1s);
  ask(request::user_list, some_user);
  EXPECT_EQ(passed.size(), 2);
}

TEST_F(ratelimit_actor_test, takes_spellings_of_one_address_for_one_client) {
  start("user-list:1");
  ask(request::user_list, some_user, "192.0.2.1");
  ask(request::user_list, some_user, "::ffff:192.0.2.1");
  EXPECT_EQ(passed.size(), 1);
}

TEST_F(ratelimit_actor_test, takes_spellings_of_one_mail_address_for_one) {
  start("user-lookup-email:1");
  ask(request::user_lookup_email, R"({"email": "Anna@Example.org"})", "192.0.2.1");
  ask(request::user_lookup_email, R"({"email": "anna@example.ORG"})", "192.0.2.2");
  EXPECT_EQ(passed.size(), 1);
}

TEST_F(ratelimit_actor_test, charges_the_client_alone_when_the_address_is_missing) {
  start("user-lookup-email:2");
  for (int i = 0; i < 3; ++i) ask(request::user_lookup_email, "{}");
  EXPECT_EQ(answers->take().value().status, http_status::ok);
  EXPECT_EQ(answers->take().value().status, http_status::ok);
  EXPECT_EQ(answers->take().value().status, http_status::too_many_requests);
}

TEST_F(ratelimit_actor_test, counts_messages_by_the_address_they_go_to) {
  start("user-sendemail-forgotpass:1");
  ask(request::user_sendemail_forgotpass, R"({"email_address": "Anna@Example.org"})", "192.0.2.1");
  EXPECT_EQ(answers->take().value().status, http_status::ok);
  ask(request::user_sendemail_forgotpass, R"({"email_address": "anna@example.ORG"})", "192.0.2.2");
  EXPECT_EQ(answers->take().value().status, http_status::too_many_requests);
  ask(request::user_sendemail_forgotpass, R"({"email_address": "otto@example.org"})", "192.0.2.3");
  EXPECT_EQ(answers->take().value().status, http_status::ok);
}

TEST_F(ratelimit_actor_test, survives_an_address_that_is_no_text) {
  start("");
  ask(request::user_lookup_email, R"({"email": 5})");
  EXPECT_NE(answers->take().value().text.find("incorrect type"), std::string::npos);
}

TEST_F(ratelimit_actor_test, reports_problems_and_goes_no_further) {
  start("");
  ask(request::user_list, R"({"user_id": "one"})");
  const auto answer = answers->take().value();
  EXPECT_EQ(answer.status, http_status::ok);
  EXPECT_EQ(proto::json::parse(answer.text)["failure_reason"], "invalid-parameters");
  EXPECT_TRUE(passed.empty());
}

TEST_F(ratelimit_actor_test, counts_before_it_reports_problems) {
  start("user-list:1");
  ask(request::user_list, "{}");
  ask(request::user_list, "{}");
  EXPECT_EQ(answers->take().value().status, http_status::ok);
  EXPECT_EQ(answers->take().value().status, http_status::too_many_requests);
}

TEST_F(ratelimit_actor_test, counts_nothing_when_limits_are_off) {
  start("none");
  for (int i = 0; i < 1000; ++i) ask(request::user_list, some_user, "");
  EXPECT_EQ(passed.size(), 1000);
  EXPECT_EQ(buckets->size(), 0);
}

TEST_F(ratelimit_actor_test, reports_problems_when_limits_are_off) {
  start("none");
  ask(request::user_list, "{}");
  EXPECT_EQ(answers->take().value().status, http_status::ok);
}

TEST_F(ratelimit_actor_test, obeys_new_limits) {
  start("user-list:5");
  caf::anon_send(actor, with("user-list:1"));
  for (int i = 0; i < 3; ++i) ask(request::user_list, some_user);
  EXPECT_EQ(passed.size(), 1);
}

TEST_F(ratelimit_actor_test, tells_the_audit_of_one_refusal_a_minute_and_key) {
  start("user-list:1");
  for (int i = 0; i < 5; ++i) ask(request::user_list, some_user, "192.0.2.1");
  for (int i = 0; i < 5; ++i) ask(request::user_list, some_user, "192.0.2.2");
  EXPECT_EQ(refusals, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
}

TEST_F(ratelimit_actor_test, forgets_full_buckets_by_itself) {
  start("");
  ask(request::user_list, some_user);
  ASSERT_EQ(buckets->size(), 1);
  stepped.pass(180s, 250ms);
  EXPECT_EQ(buckets->size(), 0);
}

TEST_F(ratelimit_actor_test, meters_refusals_as_failed) {
  start("user-list:1");
  for (int i = 0; i < 3; ++i) ask(request::user_list, some_user);
  const auto reading = measured->read();
  EXPECT_EQ(reading.handled, 3);
  EXPECT_EQ(reading.failed, 2);
  EXPECT_EQ(reading.in_flight, 0);
  EXPECT_EQ(reading.last, request::user_list);
}

/// A rate limiter over a store whose journal is the test.
class saving_ratelimit_test : public testing::Test {
 protected:
  void start(std::string_view limits = "user-list:2") {
    auto s = std::make_shared<settings>();
    s->rates = parse_rate_limits(limits).value();
    ratelimit_parts parts{.config = s,
                          .buckets = restore_buckets(store, s->rates, {0, wall}),
                          .route =
                              [](proto::exchange_ptr&& ex) {
                                ex->answer({http_status::ok, "passed", 0});
                              },
                          .on_refusal = {},
                          .measured = std::make_shared<meter>(),
                          .commit = [this](commit_ptr&& job) { jobs.push_back(std::move(job)); },
                          .now = [this] { return wall; }};
    actor = stepped.system.spawn(ratelimit, std::move(parts));
    stepped.run();
  }
  /// As a server that ends.
  void stop() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    stepped.run();
  }
  void commit_all() {
    for (const auto& job : jobs) EXPECT_EQ(store.commit(job->tx), storage::commit_result::applied);
    jobs.clear();
  }
  http_status ask(const std::string& client = "192.0.2.1") {
    caf::anon_send(actor, test::make_exchange(answers, request::user_list, some_user, client));
    stepped.run();
    return answers->take().value().status;
  }
  void TearDown() override { stop(); }

  test::stepped_system stepped;
  storage::memory_store store;
  proto::timestamp wall{1'700'000'000s};
  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  std::vector<commit_ptr> jobs;
  ratelimit_actor actor;
};

TEST_F(saving_ratelimit_test, saves_within_a_second) {
  start();
  ask();
  ask();
  stepped.pass(1250ms, 250ms);
  ASSERT_EQ(jobs.size(), 1);
  commit_all();
  stop();
  ASSERT_TRUE(jobs.empty());
  start();
  EXPECT_EQ(ask(), http_status::too_many_requests);
}

TEST_F(saving_ratelimit_test, saves_nothing_when_nothing_changed) {
  start();
  ask();
  stepped.pass(1250ms, 250ms);
  commit_all();
  stepped.pass(10s, 250ms);
  EXPECT_TRUE(jobs.empty());
}

TEST_F(saving_ratelimit_test, has_one_job_at_the_journal_at_a_time) {
  start();
  ask("192.0.2.1");
  stepped.pass(1250ms, 250ms);
  ask("192.0.2.2");
  stepped.pass(5s, 250ms);
  EXPECT_EQ(jobs.size(), 1);
  commit_all();
  stepped.pass(250ms, 250ms);
  EXPECT_EQ(jobs.size(), 1);
}

TEST_F(saving_ratelimit_test, goes_on_when_a_job_got_lost) {
  start();
  ask("192.0.2.1");
  stepped.pass(1250ms, 250ms);
  jobs.clear();
  ask("192.0.2.2");
  stepped.pass(1s, 250ms);
  EXPECT_EQ(jobs.size(), 1);
}

TEST_F(saving_ratelimit_test, saves_the_rest_when_it_stops) {
  start();
  stepped.pass(1250ms, 250ms);
  ask();
  ask();
  ASSERT_TRUE(jobs.empty());
  stop();
  ASSERT_EQ(jobs.size(), 1);
  commit_all();
  start();
  EXPECT_EQ(ask(), http_status::too_many_requests);
}

TEST_F(saving_ratelimit_test, saves_the_rest_though_a_job_is_at_the_journal) {
  start();
  ask();
  stepped.pass(1250ms, 250ms);
  ask();
  stop();
  ASSERT_EQ(jobs.size(), 2);
  commit_all();
  start();
  EXPECT_EQ(ask(), http_status::too_many_requests);
}

TEST_F(saving_ratelimit_test, saves_nothing_when_limits_are_off) {
  start("none");
  for (int i = 0; i < 5; ++i) ask();
  stepped.pass(5s, 250ms);
  stop();
  EXPECT_TRUE(jobs.empty());
}

}  // namespace
}  // namespace authnz::actors
