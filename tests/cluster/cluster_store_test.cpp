// Nodes' stores over a real etcd.

#include <thread>

#include "net/cluster/leaving.hpp"
#include "storage/projection.hpp"
#include "tests/cluster/cluster_rig.hpp"

namespace authnz::tests {
namespace {

class cluster_store_test : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(etcd.ok()) << etcd.error();
    found(etcd);
  }
  etcd_server etcd;
};

TEST_F(cluster_store_test, a_commit_is_read_at_once_where_it_was_made_and_soon_elsewhere) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  EXPECT_EQ(a.commit(putting("k", "v")), commit_result::applied);
  EXPECT_EQ(a.value(slice::emails, "k"), "v");
  EXPECT_TRUE(b.has(slice::emails, "k", "v"));
  EXPECT_EQ(a.revision(slice::emails, "k"), b.revision(slice::emails, "k"));
}

TEST_F(cluster_store_test, of_two_that_expect_the_same_one_is_applied) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_EQ(a.commit(replacing("k", 0, "a's")), commit_result::applied);
  EXPECT_EQ(b.commit(replacing("k", 0, "b's")), commit_result::conflict);
  EXPECT_EQ(b.value(slice::emails, "k"), "a's") << "whoever decides again must see why";
}

TEST_F(cluster_store_test, parts_of_a_batch_are_decided_one_by_one) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  const auto results = a.commit_all({replacing("x", 0, "1"), replacing("y", 77, "2"), replacing("z", 0, "3"),
                                     replacing("x", 0, "4"), replacing("x", 0, "5")});
  using enum commit_result;
  EXPECT_EQ(results, (std::vector{applied, conflict, applied, conflict, conflict}));
  EXPECT_EQ(a.value(slice::emails, "x"), "1");
  EXPECT_EQ(a.value(slice::emails, "y"), "");
}

TEST_F(cluster_store_test, what_a_node_keeps_for_itself_stays_there) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_EQ(a.commit(putting("mine", "1", slice::ratelimits)), commit_result::applied);
  ASSERT_EQ(a.commit(putting("ours", "1")), commit_result::applied);
  ASSERT_TRUE(b.has(slice::emails, "ours", "1"));
  EXPECT_EQ(a.value(slice::ratelimits, "mine"), "1");
  EXPECT_EQ(b.value(slice::ratelimits, "mine"), "");
}

TEST_F(cluster_store_test, refuses_a_mixture_of_the_nodes_own_and_the_clusters) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  auto tx = putting("k", "v");
  tx.writes.push_back({slice::ratelimits, "k", "v"});
  EXPECT_EQ(a.commit(tx), commit_result::storage_error);
  EXPECT_EQ(a.value(slice::emails, "k"), "");
}

TEST_F(cluster_store_test, events_of_a_change_are_in_every_nodes_trail_in_one_order) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  auto first = putting("k", "1");
  first.events = {"one", "two"};
  auto second = putting("l", "1");
  second.events = {"three"};
  auto lost = replacing("m", 99, "1");
  lost.events = {"never"};
  a.commit_all({first, lost, second});
  auto other = putting("m", "2");
  other.events = {"four"};
  b.commit(other);
  ASSERT_TRUE(a.has(slice::emails, "m", "2"));
  EXPECT_EQ(events_of(a), (std::vector<std::string>{"one", "two", "three", "four"}));
  EXPECT_EQ(events_of(b), events_of(a));
}

TEST_F(cluster_store_test, events_alone_stay_on_the_node) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  mini_transaction denial;
  denial.events = {"denied"};
  ASSERT_EQ(a.commit(denial), commit_result::applied);
  ASSERT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  ASSERT_TRUE(b.has(slice::emails, "k", "1"));
  EXPECT_EQ(events_of(a), std::vector<std::string>{"denied"});
  EXPECT_TRUE(events_of(b).empty());
}

TEST_F(cluster_store_test, a_node_goes_on_where_it_was) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_EQ(a.commit(putting("before", "1")), commit_result::applied);
  b.close();
  ASSERT_EQ(a.commit(putting("meanwhile", "1")), commit_result::applied);
  b.open();
  ASSERT_EQ(b.start(), "");
  EXPECT_EQ(b.value(slice::emails, "meanwhile"), "1") << "who has started is up to date";
  EXPECT_EQ(b.store->look().rebuilds, 0U);
}

TEST_F(cluster_store_test, a_node_that_was_away_for_too_long_fetches_all_anew) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_EQ(a.commit(putting("gone", "1")), commit_result::applied);
  ASSERT_EQ(a.commit(putting("kept", "1")), commit_result::applied);
  ASSERT_TRUE(b.has(slice::emails, "kept", "1"));
  b.close();
  mini_transaction erasing;
  erasing.writes.push_back({slice::emails, "gone", std::nullopt});
  ASSERT_EQ(a.commit(erasing), commit_result::applied);
  ASSERT_EQ(a.commit(putting("new", "1")), commit_result::applied);
  net::etcd::client client(etcd.client_options());
  ASSERT_TRUE(client.compact(a.store->look().applied).has_value());
  b.open();
  ASSERT_EQ(b.start(), "");
  EXPECT_EQ(b.value(slice::emails, "gone"), "");
  EXPECT_EQ(b.value(slice::emails, "kept"), "1");
  EXPECT_EQ(b.value(slice::emails, "new"), "1");
  EXPECT_EQ(b.store->look().rebuilds, 1U);
  EXPECT_EQ(events_of(b), std::vector<std::string>{"gap"});
}

TEST_F(cluster_store_test, a_node_that_lost_its_directory_has_all_again) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(a.commit(putting("k" + std::to_string(i), "v")), commit_result::applied);
  cluster_node again(etcd, "b");
  ASSERT_EQ(again.start(), "");
  EXPECT_EQ(again.value(slice::emails, "k299"), "v");
  EXPECT_EQ(again.revision(slice::emails, "k7"), a.revision(slice::emails, "k7"));
}

// As from a backup of yesterday: what was acknowledged since is gone, and no
// node may go on with it.
TEST_F(cluster_store_test, nodes_follow_an_etcd_that_was_put_back_to_an_earlier_state) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_EQ(a.commit(putting("k", "old")), commit_result::applied);
  const auto data = etcd.file("data-0");
  const auto backup = etcd.file("backup");
  etcd.kill();
  std::filesystem::copy(data, backup, std::filesystem::copy_options::recursive);
  ASSERT_TRUE(etcd.restart());
  for (int i = 0; i < 20; ++i) ASSERT_EQ(a.commit(putting("k", "new")), commit_result::applied);
  ASSERT_TRUE(b.has(slice::emails, "k", "new"));
  etcd.kill();
  std::filesystem::remove_all(data);
  std::filesystem::rename(backup, data);
  ASSERT_TRUE(etcd.restart());
  EXPECT_TRUE(b.has(slice::emails, "k", "old"));
  ASSERT_TRUE(eventually([&] { return b.store->not_fresh().empty(); }));
  EXPECT_EQ(b.commit(putting("l", "1")), commit_result::applied);
  EXPECT_TRUE(a.has(slice::emails, "l", "1"));
  EXPECT_EQ(a.value(slice::emails, "k"), "old");
  EXPECT_EQ(a.commit(putting("l", "2")), commit_result::applied);
}

// The restored etcd has gone on further than the node had come.
TEST_F(cluster_store_test, a_node_that_was_away_notices_another_history) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b");
  ASSERT_EQ(a.start(), "");
  const auto data = etcd.file("data-0");
  const auto backup = etcd.file("backup");
  etcd.kill();
  std::filesystem::copy(data, backup, std::filesystem::copy_options::recursive);
  ASSERT_TRUE(etcd.restart());
  ASSERT_EQ(b.start(), "");
  ASSERT_TRUE(eventually([&] { return a.commit(putting("lost", "1")) == commit_result::applied; }));
  ASSERT_TRUE(b.has(slice::emails, "lost", "1"));
  b.close();
  etcd.kill();
  std::filesystem::remove_all(data);
  std::filesystem::rename(backup, data);
  ASSERT_TRUE(etcd.restart());
  ASSERT_TRUE(eventually([&] { return a.commit(putting("k", "1")) == commit_result::applied; }));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  b.open();
  ASSERT_EQ(b.start(), "");
  EXPECT_EQ(b.value(slice::emails, "lost"), "");
  EXPECT_EQ(b.value(slice::emails, "k"), "1");
  EXPECT_EQ(b.store->look().rebuilds, 1U);
}

// As when two processes of one name start at the same moment, and one of them
// is turned away.
TEST_F(cluster_store_test, who_is_registered_takes_its_name_back) {
  cluster_node a(etcd, "a");
  a.options().session = "the session of a";
  a.close();
  a.open();
  cluster_node turned_away(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(turned_away.start(), "");
  net::etcd::client client(etcd.client_options());
  ASSERT_TRUE(client.put("authnz/members/a", R"({"session":"the session of a"})").has_value());
  EXPECT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  EXPECT_EQ(a.commit(putting("k", "2")), commit_result::applied);
  EXPECT_EQ(turned_away.commit(putting("k", "3")), commit_result::unavailable);
  EXPECT_EQ(a.value(slice::emails, "k"), "2");
}

// What a node has may be all that is left of the cluster.
TEST_F(cluster_store_test, an_etcd_that_lost_everything_takes_nothing_from_the_nodes) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  etcd.kill();
  std::filesystem::remove_all(etcd.file("data-0"));
  ASSERT_TRUE(etcd.restart());
  ASSERT_TRUE(eventually([&] { return a.store->look().trouble.find("no cluster under") != std::string::npos; }));
  EXPECT_NE(a.store->not_fresh(), "");
  a.store.reset();
  ASSERT_TRUE(net::cluster::leave_without_etcd(*a.env).has_value());
  const auto view = a.env->read();
  EXPECT_TRUE(view->get(slice::emails, "k").has_value());
  EXPECT_EQ(storage::read_projection_mark(*view), storage::projection_mark{});
}

TEST_F(cluster_store_test, another_cluster_in_the_place_of_ones_own_is_not_followed) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(a.commit(putting("k", "1")), commit_result::applied);
  etcd.kill();
  std::filesystem::remove_all(etcd.file("data-0"));
  ASSERT_TRUE(etcd.restart());
  found(etcd, "ffffffffffffffffffffffffffffffff");
  ASSERT_TRUE(eventually([&] { return a.store->look().trouble.find("this node belongs to") != std::string::npos; }));
  EXPECT_TRUE(a.env->read()->get(slice::emails, "k").has_value());
}

TEST_F(cluster_store_test, refuses_a_store_of_a_single_node) {
  cluster_node a(etcd, "a");
  const auto tx = putting("k", "1");
  const mini_transaction* const batch[] = {&tx};
  ASSERT_EQ(a.env->commit(batch).front(), commit_result::applied);
  EXPECT_NE(a.start().find("authnzctl cluster init"), std::string::npos);
}

TEST_F(cluster_store_test, refuses_a_store_of_another_cluster) {
  cluster_node a(etcd, "a");
  storage::projection other(*a.env);
  ASSERT_TRUE(other.begin_rebuild("ffff").has_value());
  EXPECT_NE(a.start().find("belongs to cluster ffff"), std::string::npos);
}

TEST_F(cluster_store_test, refuses_a_prefix_without_a_cluster) {
  cluster_node a(etcd, "a");
  a.options().prefix = "elsewhere";
  a.close();
  a.open();
  EXPECT_NE(a.start().find("there is no cluster under elsewhere"), std::string::npos);
}

TEST_F(cluster_store_test, a_start_that_waits_for_etcd_can_be_stopped) {
  cluster_node a(etcd, "a");
  etcd.kill();
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    a.store->stop();
  });
  EXPECT_NE(a.start(), "");
}

}  // namespace
}  // namespace authnz::tests
