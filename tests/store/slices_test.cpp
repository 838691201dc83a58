#include "storage/slices.hpp"

#include <gtest/gtest.h>

namespace authnz::storage {
namespace {

using enum transaction_scope;

constexpr auto clusters = slice::users;
constexpr auto nodes = slice::ratelimits;

TEST(a_mini_transaction, is_the_clusters_if_it_expects_or_writes_what_is_the_clusters) {
  EXPECT_EQ(scope_of({{{clusters, "a", 1}}, {}}), cluster);
  EXPECT_EQ(scope_of({{}, {{clusters, "a", "v"}}}), cluster);
}

TEST(a_mini_transaction, is_the_nodes_if_it_expects_or_writes_what_is_the_nodes) {
  EXPECT_EQ(scope_of({{{nodes, "a", 1}}, {}}), node);
  EXPECT_EQ(scope_of({{}, {{slice::meta, "a", "v"}}}), node);
}

TEST(a_mini_transaction, is_mixed_if_it_touches_both) {
  EXPECT_EQ(scope_of({{{clusters, "a", 1}}, {{nodes, "a", "v"}}}), mixed);
  EXPECT_EQ(scope_of({{}, {{nodes, "a", "v"}, {clusters, "a", "v"}}}), mixed);
}

TEST(a_mini_transaction, takes_its_events_along) {
  EXPECT_EQ(scope_of({{}, {}, {"event"}}), node);
  EXPECT_EQ(scope_of({{}, {{clusters, "a", "v"}}, {"event"}}), cluster);
  EXPECT_EQ(scope_of({{}, {{nodes, "a", "v"}}, {"event"}}), node);
}

TEST(a_mini_transaction, forgets_only_the_nodes_own_events) {
  EXPECT_EQ(scope_of({{}, {}, {}, 7}), node);
  EXPECT_EQ(scope_of({{{clusters, "a", 1}}, {}, {}, 7}), mixed);
}

}  // namespace
}  // namespace authnz::storage
