#include "actors/peers.hpp"

#include <gtest/gtest.h>

#include <map>

namespace authnz::tests {
namespace {

using actors::owner_of;
using actors::peer_view;

constexpr int keys = 12'000;

std::string key(int i) { return "login/192.0.2." + std::to_string(i % 256) + "/" + std::to_string(i); }

/// As `self` sees the nodes.
peer_view seen_by(const std::string& self, const std::vector<std::string>& nodes) {
  peer_view view;
  view.self = self;
  for (const auto& node : nodes)
    if (node != self) view.others.push_back({node, {}});
  return view;
}

std::string owner(const peer_view& view, const std::string& of) {
  const auto found = owner_of(view, of);
  return found.empty() ? view.self : std::string(found);
}

TEST(owner_of_a_bucket, is_this_node_when_it_is_alone) { EXPECT_EQ(owner_of(seen_by("a", {"a"}), "key"), ""); }

TEST(owner_of_a_bucket, is_the_same_for_all_nodes) {
  const std::vector<std::string> nodes{"a", "b", "c", "d"};
  for (int i = 0; i < 500; ++i)
    for (const auto& node : nodes)
      EXPECT_EQ(owner(seen_by(node, nodes), key(i)), owner(seen_by("a", nodes), key(i))) << node << ' ' << key(i);
}

TEST(owner_of_a_bucket, is_the_same_in_all_builds) {
  const auto view = seen_by("node-1", {"node-1", "node-2", "node-3"});
  std::string owners;
  for (int i = 0; i < 24; ++i) owners += owner(view, "key-" + std::to_string(i)).back();
  EXPECT_EQ(owners, "321313122232133211231111");
}

TEST(owner_of_a_bucket, moves_only_with_the_node_that_leaves) {
  const auto before = seen_by("a", {"a", "b", "c", "d", "e"});
  const auto after = seen_by("a", {"a", "b", "d", "e"});
  for (int i = 0; i < keys; ++i)
    EXPECT_TRUE(owner(before, key(i)) == "c" || owner(before, key(i)) == owner(after, key(i))) << key(i);
}

TEST(owner_of_a_bucket, moves_only_to_the_node_that_joins) {
  const auto before = seen_by("a", {"a", "b", "c"});
  const auto after = seen_by("a", {"a", "b", "c", "d"});
  for (int i = 0; i < keys; ++i) {
    const auto now = owner(after, key(i));
    EXPECT_TRUE(now == "d" || now == owner(before, key(i))) << key(i);
  }
}

TEST(owner_of_a_bucket, is_spread_evenly) {
  const std::vector<std::string> nodes{"node-1", "node-2", "node-3", "node-4", "node-5", "node-6"};
  const auto view = seen_by("node-1", nodes);
  std::map<std::string, int> owned;
  for (int i = 0; i < keys; ++i) ++owned[owner(view, key(i))];
  const double expected = static_cast<double>(keys) / static_cast<double>(nodes.size());
  double chi_square = 0;
  for (const auto& node : nodes) chi_square += (owned[node] - expected) * (owned[node] - expected) / expected;
  // Five degrees of freedom: chance exceeds it once in 100,000 times.
  EXPECT_LT(chi_square, 30.9);
}

}  // namespace
}  // namespace authnz::tests
