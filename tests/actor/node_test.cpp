// A whole node of actors over a store in memory that can be told to fail.
#include <gtest/gtest.h>

#include <set>

#include "node_rig.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using proto::http_status;
using proto::request;
using storage::commit_result;

// Gives the next results in place of committing; then commits.
class stubborn_store final : public storage::store {
 public:
  std::unique_ptr<storage::view> read() override { return real_.read(); }
  std::vector<commit_result> commit(std::span<const storage::mini_transaction* const> batch) override {
    ++commits;
    if (failures > 0) {
      --failures;
      return std::vector(batch.size(), failure);
    }
    return real_.commit(batch);
  }
  std::string last_failure() const override { return {}; }

  std::atomic<int> failures = 0;
  std::atomic<int> commits = 0;
  commit_result failure = commit_result::conflict;

 private:
  storage::memory_store real_;
};

class node_test : public node_rig<stubborn_store> {
 protected:
  proto::reply ask(request what, const json& body) {
    send(what, body);
    return answer();
  }
  static json passcheck(const std::string& email) { return {{"email", email}, {"password", "wrong"}}; }
  static std::string reason(const proto::reply& r) {
    return json::parse(r.text, nullptr, false).value("failure_reason", "ok");
  }
};

TEST_F(node_test, decides_again_when_a_commit_conflicts) {
  store.failures = 3;
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "ok");
  EXPECT_GE(store.commits, 4);
}

TEST_F(node_test, gives_up_after_eight_conflicts) {
  store.failures = 1000;
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "conflict");
}

TEST_F(node_test, tells_of_a_full_disk_and_goes_on_when_there_is_room) {
  store.failure = commit_result::storage_full;
  store.failures = 1;
  const auto refused = ask(request::session_new, new_session());
  EXPECT_EQ(reason(refused), "storage-full");
  EXPECT_EQ(json::parse(refused.text)["response"]["session_token"], nullptr);
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "ok");
}

TEST_F(node_test, answers_nothing_where_the_cluster_does_not_say_what_became_of_a_commit) {
  store.failure = commit_result::unknown;
  store.failures = 1;
  EXPECT_EQ(ask(request::session_new, new_session()).status, http_status::none);
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "ok");
}

TEST_F(node_test, restarts_an_actor_that_dies_and_counts_it) {
  caf::anon_send_exit(routes.current()->sessions[0], caf::exit_reason::kill);
  EXPECT_EQ(deaths.take(), "session-0");
  ASSERT_TRUE(eventually([&] { return routes.current()->sessions[0] != nullptr; }));
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "ok");
  for (const auto& [name, meter] : made.meters)
    EXPECT_EQ(meter->read().restarts, name == "session-0" ? 1U : 0U) << name;
}

TEST_F(node_test, answers_503_for_an_actor_that_is_gone) {
  const auto gone = routes.current()->sessions[0];
  routes.update([](actors::routes& r) { r.sessions[0] = nullptr; });
  EXPECT_EQ(ask(request::session_new, new_session()).status, http_status::unavailable);
  routes.update([&](actors::routes& r) { r.sessions[0] = gone; });
}

TEST_F(node_test, frees_the_lane_of_an_attempt_whose_hasher_died) {
  std::atomic<bool> fail = true;
  hasher_options hashing;
  hashing.compute = [&](password_hasher& h, hash_job& job) {
    if (fail.exchange(false)) throw std::runtime_error("a fault of the test");
    compute(h, job);
  };
  start(hashing);
  EXPECT_EQ(ask(request::user_passcheck_nosession, passcheck("root@localhost")).status, http_status::unavailable);
  EXPECT_EQ(reason(ask(request::user_passcheck_nosession, passcheck("root@localhost"))), "invalid-credentials");
}

TEST_F(node_test, holds_a_failure_for_a_second) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(reason(ask(request::user_passcheck_nosession, passcheck("root@localhost"))), "invalid-credentials");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(node_test, holds_failures_of_the_empty_address_too) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(reason(ask(request::user_passcheck_nosession, passcheck(""))), "invalid-credentials");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(node_test, lets_other_accounts_pass_while_one_is_held) {
  send(request::user_passcheck_nosession, passcheck("root@localhost"));
  EXPECT_EQ(reason(ask(request::session_new, new_session())), "ok");
}

TEST_F(node_test, refuses_the_fourth_that_waits_behind_a_hold) {
  for (int i = 0; i < 5; ++i) send(request::user_passcheck_nosession, passcheck("root@localhost"));
  const auto first = to->take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, http_status::too_many_requests);
  EXPECT_GE(first->retry_after, 1U);
}

TEST_F(node_test, releases_held_answers_when_it_stops) {
  send(request::user_passcheck_nosession, passcheck("root@localhost"));
  ASSERT_TRUE(eventually([&] { return store.commits > 1; }));
  caf::anon_send(made.supervisor, drain_atom::value);
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = to->take();
  ASSERT_TRUE(answer);
  EXPECT_EQ(reason(*answer), "invalid-credentials");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 900ms);
}

TEST_F(node_test, refuses_more_than_may_be_in_flight) {
  door.emplace(gateway_ingress::options{.most_in_flight = 1}, routes, made.gateway);
  send(request::user_passcheck_nosession, passcheck("root@localhost"));
  EXPECT_EQ(ask(request::session_new, new_session()).status, http_status::unavailable);
  EXPECT_EQ(to->take()->status, http_status::ok);
  EXPECT_TRUE(eventually([&] { return door->in_flight() == 0; }));
}

TEST_F(node_test, keeps_one_lane_for_an_account_however_it_is_named) {
  start({}, 3);
  const auto token = json::parse(ask(request::session_new, new_session()).text)["response"]["session_token"];
  send(request::user_passcheck, {{"session_token", token}, {"password", "wrong"}});
  for (int i = 0; i < 4; ++i) send(request::user_passcheck_nosession, passcheck("anonuser@localhost"));
  EXPECT_EQ(to->take()->status, http_status::too_many_requests);
}

TEST_F(node_test, is_healthy_when_every_actor_answers) {
  arrivals<health_report> reports;
  door->check_health([&](const health_report& r) { reports.put(r); });
  const auto report = reports.take();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
  std::set<std::string> asked;
  for (const auto& [part, state] : report->parts) asked.insert(part);
  EXPECT_EQ(asked, (std::set<std::string>{"store", "ratelimit", "journal", "hasher", "breach", "couriers", "sweeper",
                                          "session-0", "user-0", "apikey-0", "policy-0", "mailer-0"}));
}

TEST_F(node_test, is_not_healthy_while_an_actor_is_missing) {
  const auto gone = routes.current()->users[0];
  routes.update([](actors::routes& r) { r.users[0] = nullptr; });
  arrivals<health_report> reports;
  door->check_health([&](const health_report& r) { reports.put(r); });
  const auto report = reports.take();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok);
  routes.update([&](actors::routes& r) { r.users[0] = gone; });
}

}  // namespace
}  // namespace authnz::actors::test
