#include "actors/client_address.hpp"

#include <gtest/gtest.h>

namespace authnz::actors {
namespace {

using namespace std::string_view_literals;

TEST(client_address, has_one_spelling) {
  EXPECT_EQ(canonical_ip("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical_ip("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(canonical_ip("::"), "::");
}

TEST(client_address, is_the_ipv4_one_that_it_maps) {
  EXPECT_EQ(canonical_ip("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical_ip("0:0:0:0:0:FFFF:c000:0201"), "192.0.2.1");
  EXPECT_EQ(canonical_ip("::192.0.2.1"), "::192.0.2.1");
}

TEST(client_address, is_nothing_else) {
  for (const auto text : {""sv, "localhost"sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.2.1:80"sv, "[::1]"sv, "::1%lo"sv,
                          " ::1"sv, "::1/64"sv, "192.0.2.1\0"sv,
                          "1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444"sv, "010.0.0.1"sv})
    EXPECT_EQ(canonical_ip(text), std::nullopt) << text;
}

TEST(client_address, that_is_none_is_counted_literally) {
  EXPECT_EQ(rate_key_address("::FFFF:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(rate_key_address("Unknown Host"), "Unknown Host");
}

TEST(client_address, belongs_to_a_network) {
  EXPECT_EQ(network_of("192.0.2.77"), "192.0.2.0/24");
  EXPECT_EQ(network_of("2001:db8:1:2:3::4"), "2001:db8:1::/48");
  EXPECT_EQ(network_of("Unknown Host"), "");
}

TEST(client_address, of_mail_belongs_to_a_domain) {
  EXPECT_EQ(domain_of("anna@example.org"), "example.org");
  EXPECT_EQ(domain_of("a@b@example.org"), "example.org");
  EXPECT_EQ(domain_of("anna"), "anna");
}

}  // namespace
}  // namespace authnz::actors
