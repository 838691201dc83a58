#include <gtest/gtest.h>

#include <set>

#include "storage/check.hpp"
#include "tests/store/followed_engine.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

TEST(digests, are_equal_of_a_projection_that_followed_and_one_that_was_rebuilt) {
  const samples::directory home;
  const auto one = open(home.path() / "one");
  const auto other = open(home.path() / "other");
  followed_engine engine;
  projection follower(*one);
  ASSERT_TRUE(follower.begin_rebuild("c1"));
  ASSERT_TRUE(follower.end_rebuild(0, ""));
  ASSERT_TRUE(follower.apply(engine.live(200)));
  projection rebuilt(*other);
  ASSERT_TRUE(rebuilt.begin_rebuild("c1"));
  for (const auto& page : engine.pages(7)) ASSERT_TRUE(rebuilt.rebuild(page));
  ASSERT_TRUE(rebuilt.end_rebuild(engine.revision(), ""));
  const auto a = digest_slices(*one->read());
  const auto b = digest_slices(*other->read());
  ASSERT_EQ(a.size(), b.size());
  EXPECT_GT(a.size(), 8U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].sha256, b[i].sha256) << row(a[i].in).name;
    EXPECT_EQ(a[i].records, b[i].records);
    EXPECT_EQ(a[i].sha256.size(), 64U);
  }
}

TEST(digests, differ_by_key_revision_and_value) {
  const samples::directory home;
  const auto env = open(home.store());
  std::set<std::string> seen;
  const auto with = [&](const std::string& key, std::uint64_t revision, const std::string& value) {
    env->transact([&](draft& state) {
      for (const auto& old : keys_of(state, slice::marks)) state.erase(slice::marks, old);
      return state.put(slice::marks, key, revision, value), true;
    });
    seen.insert(digest_slices(*env->read()).back().sha256);
  };
  with("a", 1, "v");
  with("a", 2, "v");
  with("a", 1, "w");
  with("b", 1, "v");
  with("av", 1, "");
  EXPECT_EQ(seen.size(), 5U);
}

TEST(digests, are_taken_of_ranges) {
  const samples::directory home;
  const auto env = open(home.store());
  for (const auto* key : {"a", "b", "c", "d"}) ASSERT_EQ(commit(*env, put(slice::marks, key, "v")), applied);
  const auto v = env->read();
  const auto first = digest_range(*v, slice::marks, "", std::nullopt, 2);
  EXPECT_EQ(first.records, 2U);
  EXPECT_EQ(first.next, "c");
  const auto same = digest_range(*v, slice::marks, "a", "c", 100);
  EXPECT_EQ(same.sha256, first.sha256);
  EXPECT_FALSE(same.next);
  EXPECT_FALSE(digest_range(*v, slice::marks, "c", std::nullopt, 2).next);
}

}  // namespace
}  // namespace authnz::storage
