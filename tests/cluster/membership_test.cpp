// Nodes' places among the others, over a real etcd.
#include "net/cluster/membership.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>

#include "net/cluster/registration.hpp"
#include "tests/cluster/cluster_rig.hpp"
#include "tests/cluster/membership_rig.hpp"
#include "tests/cluster/tcp_relay.hpp"

namespace authnz::tests {
namespace {

using namespace std::chrono_literals;
using actors::duty;
using net::cluster::member;
using net::cluster::membership;

class membership_test : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(etcd.ok()) << etcd.error(); }

  net::cluster::options named(const std::string& name) {
    net::cluster::options o;
    o.etcd = etcd.client_options();
    o.node = name;
    o.address = name + ".example.org:7000";
    o.version = "1.2.3";
    o.lease = 2s;
    return o;
  }
  std::vector<member> members() {
    auto found = net::cluster::read_members(client, keys);
    EXPECT_TRUE(found) << (found ? "" : found.error().text);
    return found ? *found : std::vector<member>();
  }
  /// Whether a mini-transaction that expects it would hold.
  bool holds(const storage::expectation& fence) {
    const auto done = client.commit({{{keys.record(fence.in, fence.key), fence.revision}}, {}, {}});
    EXPECT_TRUE(done);
    return done && done->succeeded;
  }
  bool all_held_by(const node& n) {
    return eventually([&] { return n.duties() == 3; });
  }

  etcd_server etcd;
  net::etcd::client client{etcd.client_options()};
  const storage::cluster_keys keys{"authnz"};
};

TEST_F(membership_test, nodes_see_each_other) {
  node a(named("a"));
  node b(named("b"));
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  const auto all = members();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].node, "a");
  EXPECT_EQ(all[0].address, "a.example.org:7000");
  EXPECT_EQ(all[0].version, "1.2.3");
  EXPECT_FALSE(all[0].started.empty());
  EXPECT_EQ(all[1].node, "b");
}

TEST_F(membership_test, a_node_s_record_is_an_object_of_four) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  const auto found = client.range(keys.member("a"));
  ASSERT_TRUE(found && found->records.size() == 1);
  const auto value = nlohmann::json::parse(found->records[0].value);
  for (const auto* name : {"address", "version", "started", "session"}) EXPECT_TRUE(value.contains(name)) << name;
  EXPECT_EQ(value.size(), 4U);
  EXPECT_NE(found->records[0].lease, 0);
}

TEST_F(membership_test, a_node_that_stops_is_gone_at_once) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  a.place.stop();
  EXPECT_TRUE(members().empty());
  EXPECT_FALSE(a.place.registered());
}

TEST_F(membership_test, a_node_stays_far_beyond_its_lease_s_time) {
  auto how = named("a");
  how.lease = 3s;
  node a(how);
  ASSERT_EQ(a.start(), "");
  const auto revision = members().at(0).revision;
  std::this_thread::sleep_for(6s);
  EXPECT_EQ(members().at(0).revision, revision);
  EXPECT_TRUE(a.place.registered());
}

TEST_F(membership_test, a_name_is_refused_that_a_living_node_has) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  node again(named("a"));
  const auto error = again.start();
  EXPECT_TRUE(error.starts_with("node a is registered already by a process started at " + members().at(0).started))
      << error;
  EXPECT_TRUE(error.ends_with("choose another clusternode, or stop that one")) << error;
  EXPECT_TRUE(a.place.registered());
}

TEST_F(membership_test, a_node_that_was_killed_gets_its_name_back) {
  // What the process before left behind.
  const auto lease = client.grant_lease(2s);
  ASSERT_TRUE(lease);
  ASSERT_TRUE(client.put(keys.member("a"), R"({"started":"before","session":"another"})", *lease));
  node a(named("a"));
  EXPECT_EQ(a.start(), "");
  EXPECT_NE(members().at(0).started, "before");
}

TEST_F(membership_test, a_start_that_waits_for_a_name_can_be_stopped) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  auto how = named("a");
  how.lease = 3600s;
  node again(how);
  auto end = std::async(std::launch::async, [&] { return again.start(); });
  again.place.stop();
  ASSERT_EQ(end.wait_for(10s), std::future_status::ready);
  EXPECT_NE(end.get(), "");
}

TEST_F(membership_test, tells_when_etcd_is_out_of_reach) {
  etcd.kill();
  node a(named("a"));
  EXPECT_NE(a.start(), "");
}

TEST_F(membership_test, one_node_alone_gets_all_duties) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  EXPECT_EQ(members().at(0).duties, (std::vector<std::string>{"compaction", "mail", "sweeping"}));
}

TEST_F(membership_test, a_duty_is_one_node_s_at_a_time) {
  std::deque<node> nodes;
  for (const auto* name : {"a", "b", "c"}) nodes.emplace_back(named(name));
  for (auto& n : nodes) ASSERT_EQ(n.start(), "");
  const auto held = [&](duty d) { return std::ranges::count_if(nodes, [&](const node& n) { return n.place.has(d); }); };
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (std::chrono::steady_clock::now() < end)
    for (const auto d : all_duties) ASSERT_LE(held(d), 1) << name(d);
  for (const auto d : all_duties) EXPECT_TRUE(eventually([&] { return held(d) == 1; })) << name(d);
}

TEST_F(membership_test, a_duty_moves_when_its_holder_stops) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  node b(named("b"));
  ASSERT_EQ(b.start(), "");
  a.place.stop();
  EXPECT_EQ(a.duties(), 0);
  EXPECT_TRUE(all_held_by(b));
}

TEST_F(membership_test, a_fence_holds_while_the_duty_is_the_node_s) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  const auto fence = a.place.fence(duty::sweeping);
  ASSERT_TRUE(fence);
  EXPECT_EQ(fence->in, storage::slice::marks);
  EXPECT_EQ(fence->key, "duty/sweeping");
  EXPECT_TRUE(holds(*fence));
}

TEST_F(membership_test, a_fence_of_a_former_holder_does_not_hold) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  a.place.stop();
  EXPECT_FALSE(holds(*a.place.fence(duty::sweeping)));
  node b(named("b"));
  ASSERT_EQ(b.start(), "");
  ASSERT_TRUE(all_held_by(b));
  EXPECT_FALSE(holds(*a.place.fence(duty::sweeping)));
  EXPECT_TRUE(holds(*b.place.fence(duty::sweeping)));
}

TEST_F(membership_test, a_fence_of_who_never_had_the_duty_does_not_hold) {
  node a(named("a"));
  EXPECT_FALSE(holds(*a.place.fence(duty::sweeping)));
}

TEST_F(membership_test, a_drained_node_has_no_duty_and_stays_registered) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  a.place.drain();
  EXPECT_EQ(a.duties(), 0);
  EXPECT_TRUE(members().at(0).duties.empty());
  EXPECT_TRUE(a.place.registered());
}

TEST_F(membership_test, a_drained_node_takes_no_duty_again) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  a.place.drain();
  std::this_thread::sleep_for(2s);
  EXPECT_EQ(a.duties(), 0);
  EXPECT_TRUE(members().at(0).duties.empty());
}

TEST_F(membership_test, a_drain_while_etcd_is_gone_ends_and_is_made_up_for) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  etcd.kill();
  a.place.drain();
  EXPECT_EQ(a.duties(), 0);
  ASSERT_TRUE(etcd.restart());
  EXPECT_TRUE(eventually([&] { return members().size() == 1 && members().at(0).duties.empty(); }));
}

TEST_F(membership_test, a_node_whose_registration_was_removed_registers_again) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  const auto first = members().at(0).revision;
  ASSERT_TRUE(client.commit({{}, {net::etcd::operation::erase(keys.member("a"))}, {}}));
  EXPECT_TRUE(eventually([&] { return members().size() == 1 && members().at(0).revision > first; }));
  EXPECT_TRUE(all_held_by(a));
}

/// A node whose way to etcd can hang.
class lost_node_test : public membership_test {
 protected:
  void SetUp() override {
    membership_test::SetUp();
    relay.emplace(etcd.url());
    auto how = named("a");
    how.etcd.endpoints = {relay->url()};
    a.emplace(how);
    ASSERT_EQ(a->start(), "");
    ASSERT_TRUE(eventually([&] { return a->lines().back() == "+ duties: sweeping, mail, compaction"; }));
  }
  void TearDown() override {
    if (relay) relay->thaw();
  }

  std::optional<tcp_relay> relay;
  std::optional<node> a;
};

TEST_F(lost_node_test, loses_its_duties_by_its_own_clock_before_etcd_gives_them_away) {
  relay->hang();
  bool free = false;
  while (!free) {
    free = members().empty();
    const bool has_some = a->duties() != 0 || a->place.registered();
    ASSERT_FALSE(free && has_some);
  }
}

TEST_F(lost_node_test, is_succeeded) {
  node b(named("b"));
  ASSERT_EQ(b.start(), "");
  const auto fence = *a->place.fence(duty::mail);
  relay->hang();
  EXPECT_TRUE(all_held_by(b));
  EXPECT_EQ(a->duties(), 0);
  EXPECT_FALSE(holds(fence));
}

TEST_F(lost_node_test, registers_again_when_it_is_back) {
  relay->hang();
  ASSERT_TRUE(eventually([&] { return members().empty(); }));
  relay->thaw();
  EXPECT_TRUE(eventually([&] { return a->place.registered(); }));
  EXPECT_TRUE(all_held_by(*a));
  EXPECT_TRUE(holds(*a->place.fence(duty::mail)));
}

TEST_F(lost_node_test, writes_one_line_when_it_is_lost_and_one_when_it_is_back) {
  const auto before = a->lines().size();
  relay->hang();
  ASSERT_TRUE(eventually([&] { return members().empty(); }));
  ASSERT_TRUE(eventually([&] { return a->lines().size() > before; }));
  const auto lost = a->lines().at(before);
  EXPECT_TRUE(lost.starts_with("- node a is not registered: etcd did not keep the lease in time")) << lost;
  EXPECT_NE(lost.find("lost: sweeping, mail, compaction"), std::string::npos) << lost;
  relay->thaw();
  ASSERT_TRUE(eventually([&] { return a->lines().size() > before + 1; }));
  EXPECT_EQ(a->lines().at(before + 1), "+ registered as a");
}

TEST_F(lost_node_test, gives_way_to_another_that_took_its_name) {
  relay->hang();
  ASSERT_TRUE(eventually([&] { return members().empty(); }));
  node other(named("a"));
  ASSERT_EQ(other.start(), "");
  relay->thaw();
  EXPECT_TRUE(eventually([&] {
    return std::ranges::any_of(a->lines(),
                               [](const std::string& l) { return l.starts_with("- node a is registered already"); });
  }));
  EXPECT_FALSE(a->place.registered());
  EXPECT_TRUE(all_held_by(other));
}

TEST_F(lost_node_test, stops_soon) {
  relay->hang();
  ASSERT_TRUE(eventually([&] { return a->duties() == 0; }));
  auto end = std::async(std::launch::async, [&] { a->place.stop(); });
  EXPECT_EQ(end.wait_for(10s), std::future_status::ready);
}

TEST_F(membership_test, no_duty_is_anybody_s_while_etcd_is_frozen) {
  node a(named("a"));
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(all_held_by(a));
  etcd.freeze();
  EXPECT_TRUE(eventually([&] { return a.duties() == 0; }));
  etcd.thaw();
  EXPECT_TRUE(all_held_by(a));
}

/// A node with its usual lease over three members of etcd.
class three_members_test : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(etcd.ok()) << etcd.error();
    net::cluster::options how;
    how.etcd = etcd.client_options();
    how.node = "a";
    a.emplace(how);
    ASSERT_EQ(a->start(), "");
    ASSERT_TRUE(eventually([&] { return a->duties() == 3; }));
  }
  /// Whether it has the same marks yet, beyond the lease's time.
  bool stays() {
    const auto revision = a->place.fence(duty::mail)->revision;
    std::this_thread::sleep_for(8s);
    return eventually([&] { return a->duties() == 3; }) && a->place.fence(duty::mail)->revision == revision;
  }

  etcd_server etcd{{.members = 3}};
  std::optional<node> a;
};

TEST_F(three_members_test, a_node_keeps_its_duties_when_etcd_s_leader_dies) {
  etcd.kill(etcd.leader());
  EXPECT_TRUE(stays());
}

TEST_F(three_members_test, a_node_keeps_its_duties_when_etcd_s_leader_hangs) {
  const auto leader = etcd.leader();
  etcd.freeze(leader);
  EXPECT_TRUE(stays());
  etcd.thaw(leader);
}

TEST_F(three_members_test, a_node_keeps_its_duties_when_the_member_that_it_asks_hangs) {
  etcd.freeze(0);
  EXPECT_TRUE(stays());
  etcd.thaw(0);
}

TEST(registrant_test, damaged_values_are_empty) {
  for (const auto* value : {"", "{", "[]", "7", R"({"started":7})"})
    EXPECT_EQ(net::cluster::decode_registrant(value).started, "") << value;
}

}  // namespace
}  // namespace authnz::tests
