// How old a node's state may be, with a real etcd that hangs or dies.

#include "tests/cluster/cluster_rig.hpp"

namespace authnz::tests {
namespace {

class freshness_test : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(etcd.ok()) << etcd.error();
    found(etcd);
  }

  /// Whether a request may go on, now or later.
  bool goes_on(cluster_node& node) {
    auto ex = std::make_shared<proto::exchange>(sink, 1);
    const std::size_t before = sink->statuses().size();
    if (node.store->lets_in(ex, way)) {
      ex->answer({proto::http_status::ok, {}, 0});
      return true;
    }
    EXPECT_EQ(ex, nullptr) << "it was taken";
    EXPECT_TRUE(eventually([&] { return sink->statuses().size() > before; }));
    return sink->statuses().back() == proto::http_status::ok;
  }

  etcd_server etcd;
  std::shared_ptr<answers> sink = std::make_shared<answers>();
  const actors::freshness_gate::way_on way = [](proto::exchange_ptr&& ex) {
    ex->answer({proto::http_status::ok, {}, 0});
    ex = nullptr;
  };
};

TEST_F(freshness_test, requests_go_on_while_etcd_answers) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  EXPECT_TRUE(goes_on(a));
}

TEST_F(freshness_test, before_the_start_nothing_goes_on) {
  cluster_node a(etcd, "a");
  EXPECT_NE(a.store->not_fresh(), "");
  EXPECT_FALSE(goes_on(a));
}

TEST_F(freshness_test, requests_are_refused_when_the_state_cannot_be_shown_to_be_recent) {
  cluster_node a(etcd, "a");
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  etcd.freeze();
  EXPECT_TRUE(eventually([&] { return !a.store->not_fresh().empty(); }));
  EXPECT_FALSE(goes_on(a));
  EXPECT_EQ(sink->statuses().back(), proto::http_status::unavailable);
  etcd.thaw();
  EXPECT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  EXPECT_TRUE(goes_on(a));
}

TEST_F(freshness_test, a_strict_request_sees_what_was_acknowledged_before_it) {
  cluster_node a(etcd, "a");
  cluster_node b(etcd, "b", consistency::strict);
  ASSERT_EQ(a.start(), "");
  ASSERT_EQ(b.start(), "");
  ASSERT_TRUE(eventually([&] { return b.store->not_fresh().empty(); }));
  for (int i = 0; i < 50; ++i) {
    const auto wanted = std::to_string(i);
    ASSERT_EQ(a.commit(putting("k", wanted)), commit_result::applied);
    std::string seen;
    std::atomic<bool> done = false;
    const actors::freshness_gate::way_on look = [&](proto::exchange_ptr&& ex) {
      seen = b.value(slice::emails, "k");
      ex->answer({proto::http_status::ok, {}, 0});
      ex = nullptr;
      done = true;
    };
    auto ex = std::make_shared<proto::exchange>(sink, 1);
    ASSERT_FALSE(b.store->lets_in(ex, look)) << "strict requests wait";
    ASSERT_TRUE(eventually([&] { return done.load(); }));
    ASSERT_EQ(seen, wanted);
  }
}

TEST_F(freshness_test, strict_requests_that_wait_are_refused_when_etcd_hangs) {
  cluster_node a(etcd, "a", consistency::strict);
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  etcd.freeze();
  EXPECT_FALSE(goes_on(a));
  etcd.thaw();
}

TEST_F(freshness_test, whoever_waits_at_the_end_is_refused) {
  cluster_node a(etcd, "a", consistency::strict);
  ASSERT_EQ(a.start(), "");
  ASSERT_TRUE(eventually([&] { return a.store->not_fresh().empty(); }));
  etcd.freeze();
  auto ex = std::make_shared<proto::exchange>(sink, 1);
  ASSERT_FALSE(a.store->lets_in(ex, way));
  a.store->stop();
  EXPECT_EQ(sink->statuses(), std::vector{proto::http_status::unavailable});
  etcd.thaw();
}

}  // namespace
}  // namespace authnz::tests
