// The fixture itself.
#include "tests/cluster/etcd_server.hpp"

#include <gtest/gtest.h>

namespace authnz::tests {
namespace {

TEST(etcd_server, serves_alone) {
  etcd_server etcd;
  ASSERT_TRUE(etcd.ok()) << etcd.error();
  EXPECT_EQ(etcd.ctl({"put", "a", "1"}), "OK\n");
}

TEST(etcd_server, keeps_its_data_over_a_restart) {
  etcd_server etcd;
  ASSERT_TRUE(etcd.ok()) << etcd.error();
  etcd.ctl({"put", "a", "1"});
  etcd.kill();
  ASSERT_TRUE(etcd.restart());
  EXPECT_EQ(etcd.ctl({"get", "a", "--print-value-only"}), "1\n");
}

TEST(etcd_server, goes_on_with_two_of_three) {
  etcd_server etcd({.members = 3});
  ASSERT_TRUE(etcd.ok()) << etcd.error();
  const auto leader = etcd.leader();
  ASSERT_LT(leader, 3U);
  etcd.kill(leader);
  ASSERT_TRUE(etcd.wait_for_leader());
  EXPECT_EQ(etcd.ctl({"put", "a", "1"}), "OK\n");
}

TEST(etcd_server, asks_for_a_certificate_and_a_user) {
  etcd_server etcd({.tls = true, .authentication = true});
  ASSERT_TRUE(etcd.ok()) << etcd.error();
  EXPECT_EQ(etcd.ctl({"put", "a", "1"}), "OK\n");
}

}  // namespace
}  // namespace authnz::tests
