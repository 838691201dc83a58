// What etcd forgets.
#include "net/cluster/compaction.hpp"

#include <gtest/gtest.h>

#include "net/cluster/membership.hpp"
#include "tests/cluster/cluster_rig.hpp"

namespace authnz::tests {
namespace {

using namespace std::chrono_literals;
using net::cluster::boot_clock;
using net::cluster::compaction;

class compaction_test : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(etcd.ok()) << etcd.error(); }

  /// Etcd's revision.
  std::uint64_t write() { return *client.put("authnz/d/head", "x"); }
  bool is_kept(std::uint64_t revision) { return client.range("authnz/d/head", {.revision = revision}).has_value(); }
  /// What it compacted to; 0 = it did not.
  std::uint64_t run(compaction& c, bool on_duty = true) {
    const auto done = c.run(client, keys, on_duty, now);
    EXPECT_TRUE(done) << (done ? "" : done.error().text);
    return done && *done ? **done : 0;
  }

  etcd_server etcd;
  net::etcd::client client{etcd.client_options()};
  const storage::cluster_keys keys{"authnz"};
  boot_clock::time_point now = boot_clock::now();
};

TEST_F(compaction_test, keeps_the_history) {
  compaction c(1h);
  const auto first = write();
  for (int i = 0; i < 11; ++i, now += 5min) {
    write();
    EXPECT_EQ(run(c), 0U) << i;
  }
  EXPECT_TRUE(is_kept(first));
}

TEST_F(compaction_test, forgets_what_is_older) {
  compaction c(1h);
  const auto first = write();
  const auto noted = write();
  run(c);
  const auto later = write();
  now += 1h;
  EXPECT_EQ(run(c), noted);
  EXPECT_FALSE(is_kept(first));
  EXPECT_TRUE(is_kept(noted));
  EXPECT_TRUE(is_kept(later));
}

TEST_F(compaction_test, goes_on_to_the_newest_that_is_old_enough) {
  compaction c(1h);
  write();
  run(c);
  now += 20min;
  const auto second = write();
  run(c);
  now += 20min;
  write();
  run(c);
  now += 45min;
  EXPECT_EQ(run(c), second);
}

TEST_F(compaction_test, is_not_repeated_while_nothing_changes) {
  compaction c(1h);
  write();
  run(c);
  now += 1h;
  EXPECT_NE(run(c), 0U);
  now += 1h;
  EXPECT_EQ(run(c), 0U);
}

TEST_F(compaction_test, is_left_to_who_has_the_duty) {
  compaction c(1h);
  const auto first = write();
  write();
  run(c, false);
  now += 2h;
  EXPECT_EQ(run(c, false), 0U);
  EXPECT_TRUE(is_kept(first));
}

TEST_F(compaction_test, goes_on_by_what_was_noted_without_the_duty) {
  compaction c(1h);
  const auto noted = write();
  run(c, false);
  now += 1h;
  EXPECT_EQ(run(c), noted);
}

TEST_F(compaction_test, takes_for_done_what_another_has_done) {
  compaction c(1h);
  write();
  run(c);
  ASSERT_TRUE(client.compact(write()));
  now += 1h;
  EXPECT_NE(run(c), 0U);
}

TEST_F(compaction_test, forgets_nothing_when_all_history_is_wanted) {
  EXPECT_FALSE(compaction(0ms).is_due(now));
  EXPECT_TRUE(compaction(1h).is_due(now));
}

TEST_F(compaction_test, is_due_again_after_its_interval) {
  compaction c(1h, 5min);
  run(c);
  EXPECT_FALSE(c.is_due(now + 299s));
  EXPECT_TRUE(c.is_due(now + 5min));
}

TEST_F(compaction_test, is_done_by_a_member_with_the_duty) {
  const auto first = write();
  write();
  net::cluster::options how;
  how.etcd = etcd.client_options();
  how.node = "a";
  how.lease = 2s;
  net::cluster::membership a(how, keys, {}, {.look = 50ms, .compact = 50ms, .history = 200ms});
  ASSERT_TRUE(a.start());
  EXPECT_TRUE(eventually([&] { return !is_kept(first); }));
}

}  // namespace
}  // namespace authnz::tests
