// Orders to single actors of a whole node: nobody hangs, and nothing that was acknowledged is lost.
#include <gtest/gtest.h>

#include <future>

#include "node_rig.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using proto::http_status;
using proto::request;

class control_test : public node_rig<storage::memory_store> {
 protected:
  std::string tell(const std::string& id, actor_order order) {
    std::string said = "no answer";
    caf::scoped_actor self(*system);
    self->request(made.supervisor, 10s, order_atom::value, id, static_cast<std::uint8_t>(order))
        .receive([&](const std::string& text) { said = text; }, [](const caf::error&) {});
    return said;
  }
  actor_row look(const std::string& id) const { return made.cards->find(id)->read(); }
  void open_session() { send(request::session_new, new_session()); }
  static bool succeeded(const proto::reply& r) {
    return r.status == http_status::ok && json::parse(r.text, nullptr, false).value("success", false);
  }
};

TEST_F(control_test, what_comes_to_a_paused_actor_waits_until_it_is_resumed) {
  ASSERT_EQ(tell("session-0", actor_order::pause), "");
  for (int i = 0; i < 3; ++i) open_session();
  EXPECT_TRUE(eventually([&] { return look("session-0").waiting == 3; }));
  EXPECT_EQ(look("session-0").state, actor_state::paused);
  EXPECT_GT(look("session-0").oldest, 0us);
  EXPECT_EQ(to->size(), 0U);
  ASSERT_EQ(tell("session-0", actor_order::resume), "");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(succeeded(answer()));
  EXPECT_TRUE(eventually([&] { return look("session-0").waiting == 0; }));
  EXPECT_EQ(look("session-0").oldest, 0us);
}

TEST_F(control_test, what_waits_beyond_its_deadline_is_refused) {
  start({}, 1, {.begin_within = 0s});
  ASSERT_EQ(tell("session-0", actor_order::pause), "");
  open_session();
  EXPECT_EQ(answer().status, http_status::unavailable);
}

TEST_F(control_test, a_paused_rate_limiter_holds_up_requests) {
  door->set_needs_client_address(true);
  ASSERT_EQ(tell("ratelimit", actor_order::pause), "");
  open_session();
  EXPECT_TRUE(eventually([&] { return look("ratelimit").waiting == 1; }));
  ASSERT_EQ(tell("ratelimit", actor_order::resume), "");
  EXPECT_TRUE(succeeded(answer()));
}

TEST_F(control_test, a_drained_actor_refuses_and_says_when_to_come_again) {
  ASSERT_EQ(tell("session-0", actor_order::drain), "");
  open_session();
  const auto refused = answer();
  EXPECT_EQ(refused.status, http_status::unavailable);
  EXPECT_GT(refused.retry_after, 0U);
  EXPECT_TRUE(eventually([&] { return look("session-0").state == actor_state::drained; }));
  EXPECT_EQ(look("session-0").measured.failed, 1U);
  ASSERT_EQ(tell("session-0", actor_order::resume), "");
  open_session();
  EXPECT_TRUE(succeeded(answer()));
}

TEST_F(control_test, a_draining_actor_finishes_what_it_has_in_hand) {
  std::promise<void> go_on;
  hasher_options hashing;
  hashing.compute = [wait = go_on.get_future().share()](password_hasher& h, hash_job& job) {
    wait.wait();
    compute(h, job);
  };
  start(hashing);
  send(request::user_new, {{"full_name", "A B"}, {"email", "a@example.org"}, {"password", "tall ships 4 sail"}});
  EXPECT_TRUE(eventually([&] { return look("hasher").measured.in_flight == 1; }));
  ASSERT_EQ(tell("user-0", actor_order::drain), "");
  EXPECT_EQ(look("user-0").state, actor_state::draining);
  EXPECT_GT(look("user-0").oldest, 0us);
  go_on.set_value();
  EXPECT_TRUE(succeeded(answer()));
  EXPECT_TRUE(eventually([&] { return look("user-0").state == actor_state::drained; }));
}

TEST_F(control_test, nobody_waits_for_a_paused_hasher_longer_than_its_queue_may_take) {
  start({.longest_wait = 1ms});
  ASSERT_EQ(tell("hasher", actor_order::pause), "");
  send(request::user_new, {{"full_name", "A B"}, {"email", "a@example.org"}, {"password", "tall ships 4 sail"}});
  EXPECT_EQ(answer().status, http_status::unavailable);
}

TEST_F(control_test, a_restart_is_counted_and_ends_a_pause) {
  ASSERT_EQ(tell("session-0", actor_order::pause), "");
  ASSERT_EQ(tell("session-0", actor_order::restart), "");
  EXPECT_TRUE(eventually([&] { return look("session-0").state == actor_state::running; }));
  EXPECT_EQ(look("session-0").measured.restarts, 1U);
  EXPECT_EQ(look("session-0").last_error, "");
  EXPECT_EQ(deaths.size(), 0U);
  open_session();
  EXPECT_TRUE(succeeded(answer()));
}

TEST_F(control_test, those_who_wait_before_an_actor_that_is_restarted_are_answered) {
  ASSERT_EQ(tell("session-0", actor_order::pause), "");
  for (int i = 0; i < 5; ++i) open_session();
  EXPECT_TRUE(eventually([&] { return look("session-0").waiting == 5; }));
  ASSERT_EQ(tell("session-0", actor_order::restart), "");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(answer().status, http_status::unavailable);
}

class restarted_under_load : public control_test, public testing::WithParamInterface<const char*> {};

TEST_P(restarted_under_load, loses_nothing_that_it_acknowledged) {
  constexpr int sent = 400;
  for (int i = 0; i < sent; ++i) {
    open_session();
    if (i % 100 == 50) (void)tell(GetParam(), actor_order::restart);
  }
  std::vector<std::string> tokens;
  for (int i = 0; i < sent; ++i) {
    const auto a = to->take();
    ASSERT_TRUE(a) << "a client hangs";
    if (succeeded(*a)) tokens.push_back(json::parse(a->text)["response"]["session_token"]);
  }
  EXPECT_FALSE(tokens.empty());
  EXPECT_TRUE(eventually([&] { return look(GetParam()).state == actor_state::running; }));
  for (const auto& token : tokens) {
    send(request::session_exists, {{"session_token", token}});
    EXPECT_TRUE(succeeded(answer()));
  }
}
INSTANTIATE_TEST_SUITE_P(of, restarted_under_load, testing::Values("session-0", "journal", "ratelimit"),
                         [](const auto& p) { return std::string(p.param).substr(0, std::string(p.param).find('-')); });

TEST_F(control_test, health_tells_who_is_held_up) {
  ASSERT_EQ(tell("session-0", actor_order::pause), "");
  std::promise<health_report> told;
  door->check_health([&](const health_report& r) { told.set_value(r); });
  const auto report = told.get_future().get();
  EXPECT_FALSE(report.ok);
  const auto at = std::ranges::find(report.parts, "session-0", [](const auto& p) { return p.first; });
  ASSERT_NE(at, report.parts.end());
  EXPECT_EQ(at->second, "paused");
}

TEST_F(control_test, an_actor_that_there_is_not_cannot_be_told_anything) {
  EXPECT_NE(tell("nobody-7", actor_order::pause), "");
}

TEST_F(control_test, an_actor_that_died_says_why) {
  caf::anon_send_exit(routes.current()->sessions[0], caf::exit_reason::kill);
  EXPECT_TRUE(eventually([&] { return look("session-0").measured.restarts == 1; }));
  EXPECT_NE(look("session-0").last_error, "");
}

}  // namespace
}  // namespace authnz::actors::test
