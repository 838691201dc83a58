// How etcd's members are named.
#include <gtest/gtest.h>

#include "net/etcd/client.hpp"

namespace authnz::net::etcd {
namespace {

TEST(etcd_endpoints, are_split_and_written_alike) {
  const auto all = parse_endpoints("https://a:2379, https://[::1]:2380/,https://10.0.0.1:1");
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(*all, (std::vector<std::string>{"https://a:2379", "https://[::1]:2380", "https://10.0.0.1:1"}));
}

TEST(etcd_endpoints, are_refused_unless_each_is_a_scheme_a_host_and_a_port) {
  for (const std::string text :
       {"", ",", "https://a:1,", "a:2379", "ftp://a:1", "https://a", "https://a:1/x", "https://a:1?x", "https://a:1#",
        "https://:1", "https://a:1,https://a:1", "https://a:1,http://b:1", "https://a:70000", "https://a b:1"})
    EXPECT_FALSE(parse_endpoints(text)) << text;
}

TEST(etcd_endpoints, with_a_password_are_refused_and_not_shown) {
  const auto all = parse_endpoints("https://me:hunter2@a:2379");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace authnz::net::etcd
