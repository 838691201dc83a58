// What clients of one process learn from each other, with members that hang.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/etcd/client.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;

const transaction any_write{{}, {operation::put("k", "v")}, {}};

/// A patient client and a hasty one of the same process.
class etcd_clients_of_one_process : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server.ok()) << server.error(); }

  options with_time(std::chrono::milliseconds time) {
    auto o = server.client_options();
    o.request_time = time;
    o.health = health;
    return o;
  }

  tests::etcd_server server{{.members = 3}};
  std::shared_ptr<member_health> health = std::make_shared<member_health>(3);
  client hasty{with_time(300ms)};
  client patient{with_time(1h)};
};

TEST_F(etcd_clients_of_one_process, do_not_ask_a_member_that_another_found_silent) {
  server.freeze(0);
  ASSERT_TRUE(server.wait_for_leader());
  ASSERT_TRUE(hasty.range("k"));
  const auto done = patient.commit(any_write);
  EXPECT_TRUE(done) << done.error().text;
  server.thaw(0);
}

TEST_F(etcd_clients_of_one_process, do_not_wait_for_a_member_that_another_finds_silent) {
  server.freeze(0);
  ASSERT_TRUE(server.wait_for_leader());
  std::atomic<bool> over = false;
  std::jthread reading([&] {
    while (!over) (void)hasty.range("k");
  });
  const auto done = patient.commit(any_write);
  over = true;
  EXPECT_TRUE(done || done.error().what == kind::unknown);
  EXPECT_TRUE(done || done.error().text.find("others do") != std::string::npos) << done.error().text;
  server.thaw(0);
}

TEST_F(etcd_clients_of_one_process, leave_a_watch_at_a_member_that_another_finds_silent) {
  watch w(with_time(1h), "k", "", 1);
  ASSERT_TRUE(w.next(500ms));
  EXPECT_FALSE(w.is_left());
  server.freeze(0);
  ASSERT_TRUE(server.wait_for_leader());
  ASSERT_TRUE(hasty.range("k"));
  EXPECT_TRUE(w.is_left());
  watch next(with_time(1h), "k", "", 1);
  ASSERT_TRUE(hasty.commit(any_write));
  const auto events = next.next(10s);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_EQ(events->size(), 1U) << "it was begun at another member";
  server.thaw(0);
}

TEST_F(etcd_clients_of_one_process, what_was_on_its_way_to_a_former_leader_is_not_waited_for) {
  ASSERT_TRUE(hasty.range("k"));
  const auto leader = server.leader();
  ASSERT_LT(leader, 3U);
  const auto follower = (leader + 1) % 3;
  // So that the follower is asked, which passes it on to nobody.
  for (std::size_t m = 0; m < 3; ++m)
    if (m != follower) health->silent(m);
  health->answered(follower, 0);
  server.freeze(leader);
  std::atomic<bool> over = false;
  std::jthread reading([&] {
    while (!over) (void)hasty.range("k");
  });
  const auto done = patient.commit(any_write);
  over = true;
  EXPECT_TRUE(done || done.error().what == kind::unknown);
  server.thaw(leader);
}

}  // namespace
}  // namespace authnz::net::etcd
