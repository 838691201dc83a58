// What whoever commits is told when etcd, a link, a disk or the node fails.

#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "tests/cluster/cluster_rig.hpp"
#include "tests/cluster/tcp_relay.hpp"

namespace authnz::tests {
namespace {

class commit_outcomes : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(etcd.ok()) << etcd.error();
    found(etcd);
  }
  etcd_server etcd;
};

TEST_F(commit_outcomes, without_etcd_nothing_is_committed_and_that_is_said_soon) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  etcd.kill();
  EXPECT_EQ(a.commit(putting("k", "1")), commit_result::unavailable);
  EXPECT_NE(a.store->last_failure(), "");
  ASSERT_TRUE(etcd.restart());
  ASSERT_TRUE(eventually([&] { return a.commit(putting("k", "2")) == commit_result::applied; }));
  EXPECT_EQ(a.value(slice::emails, "k"), "2");
}

TEST_F(commit_outcomes, an_outcome_that_was_unknown_is_found_out) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(a.commit(replacing("k", 0, "1")), commit_result::applied);
  const auto before = a.revision(slice::emails, "k");
  etcd.freeze();
  std::jthread later([&] {
    ASSERT_TRUE(eventually([&] { return a.store->look().unknown_outcomes > 0; }));
    etcd.thaw();
  });
  const auto results = a.commit_all({replacing("k", before, "2"), replacing("k2", 5, "x"), replacing("k3", 0, "y")});
  using enum commit_result;
  EXPECT_EQ(results, (std::vector{applied, conflict, applied}));
  EXPECT_EQ(a.value(slice::emails, "k"), "2");
  EXPECT_EQ(a.store->look().unknown_outcomes, 1U);
}

// It may take effect yet, so nobody may say that it did not.
TEST_F(commit_outcomes, a_stop_leaves_open_what_became_of_a_commit_that_was_sent) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  etcd.freeze();
  std::jthread later([&] {
    ASSERT_TRUE(eventually([&] { return a.store->look().unknown_outcomes > 0; }));
    a.store->stop();
  });
  EXPECT_EQ(a.commit(putting("k", "1")), commit_result::unknown);
  EXPECT_EQ(a.commit(putting("k", "2")), commit_result::unavailable) << "this one was not sent";
  etcd.thaw();
}

TEST_F(commit_outcomes, a_commit_that_was_sent_before_another_process_took_the_name_is_left_open) {
  tcp_relay link(etcd.url());
  cluster_node a(etcd, "a");
  a.options().etcd.endpoints = {link.url()};
  a.close();
  a.open();
  ASSERT_EQ(a.start(), "");
  link.hang();
  std::jthread later([&] {
    ASSERT_TRUE(eventually([&] { return a.store->look().unknown_outcomes > 0; }));
    net::etcd::client usurper(etcd.client_options());
    ASSERT_TRUE(usurper.put(storage::cluster_keys("authnz").batch("a"), "another:0").has_value());
    link.thaw();
  });
  EXPECT_EQ(a.commit(putting("k", "1")), commit_result::unknown);
}

TEST_F(commit_outcomes, another_process_with_the_nodes_name_ends_the_commits_of_the_first) {
  cluster_node a(etcd, "a");
  cluster_node usurper(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  ASSERT_EQ(usurper.start(), "");
  EXPECT_EQ(a.commit(putting("k", "2")), commit_result::unavailable);
  EXPECT_EQ(usurper.commit(putting("k", "3")), commit_result::applied);
  EXPECT_EQ(a.commit(putting("k", "4")), commit_result::unavailable);
  EXPECT_TRUE(a.has(slice::emails, "k", "3"));
}

/// The directory of a node is a disk of its own, and nearly full.
class small_disk {
 public:
  explicit small_disk(cluster_node& node) : node_(node), place_(node.directory()) {
    node.close();
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
    node.open();
  }
  ~small_disk() {
    node_.close();
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool mounted() const { return mounted_; }
  void fill() {
    std::ofstream filler(place_ / "filler");
    while (filler << std::string(4096, 'x') << std::flush) continue;
  }
  void make_room() { std::filesystem::remove(place_ / "filler"); }

 private:
  cluster_node& node_;
  std::filesystem::path place_;
  bool mounted_ = false;
};

TEST_F(commit_outcomes, a_node_without_room_refuses_at_once_and_goes_on_when_there_is_some) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  small_disk disk(a);
  if (!disk.mounted()) GTEST_SKIP() << "a disk of its own is not permitted here";
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  disk.fill();
  const std::string much(300'000, 'x');
  EXPECT_EQ(a.commit(putting("much", much)), commit_result::applied) << "it is in etcd";
  EXPECT_TRUE(b.has(slice::emails, "much", much));
  EXPECT_NE(a.store->not_fresh(), "") << "nobody decides on what the node has";
  EXPECT_EQ(a.commit(putting("k", "1")), commit_result::unavailable);
  EXPECT_EQ(b.commit(replacing("k", 0, "2")), commit_result::applied) << "nothing took effect";
  disk.make_room();
  EXPECT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  EXPECT_EQ(a.value(slice::emails, "much"), much);
  EXPECT_EQ(a.commit(putting("k", "3")), commit_result::applied);
}

class three_members : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(etcd.ok()) << etcd.error();
    found(etcd);
  }
  etcd_server etcd{{.members = 3}};
};

// Counts up by expectation while leaders die: no step may be lost or taken twice.
TEST_F(three_members, no_acknowledged_change_is_lost_or_applied_twice_when_leaders_die) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  std::atomic<bool> done = false;
  std::uint64_t acknowledged = 0;
  std::jthread counting([&] {
    std::uint64_t revision = 0;
    while (!done) {
      const auto next = std::to_string(acknowledged + 1);
      auto tx = replacing("count", revision, next);
      tx.events = {next};
      const auto result = a.commit(tx);
      if (result == commit_result::unavailable) continue;
      ASSERT_EQ(result, commit_result::applied) << "nobody else writes it";
      ++acknowledged;
      revision = a.revision(slice::emails, "count");
    }
  });
  for (int i = 0; i < 3; ++i) {
    const auto before = acknowledged;
    const auto leader = etcd.leader();
    ASSERT_LT(leader, 3U);
    etcd.kill(leader);
    ASSERT_TRUE(eventually([&] { return acknowledged > before + 5; })) << "service comes back";
    ASSERT_TRUE(etcd.restart(leader));
    ASSERT_TRUE(etcd.wait_for_leader());
  }
  done = true;
  counting.join();
  EXPECT_EQ(a.value(slice::emails, "count"), std::to_string(acknowledged));
  EXPECT_EQ(events_of(a).size(), acknowledged);
}

}  // namespace
}  // namespace authnz::tests
