#include "storage/attempts_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

constexpr auto address = "user@example.org";

class attempts_store : public testing::Test {
 protected:
  commit_result put(const std::optional<attempts>& before, const attempts& after, std::string_view whose = address) {
    mini_transaction tx;
    put_attempts(tx, whose, before, after);
    return kept.commit(tx);
  }
  std::optional<attempts> find(std::string_view whose = address) { return find_attempts(*kept.read(), whose); }

  memory_store kept;
};

TEST_F(attempts_store, reads_back_every_field) {
  ASSERT_EQ(put(std::nullopt, {.failures = 10, .last_failure = at(5), .locked_until = at(3605)}), applied);
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->failures, 10U);
  EXPECT_EQ(found->last_failure, at(5));
  EXPECT_EQ(found->locked_until, at(3605));
  EXPECT_EQ(found->revision, 1U);
}

TEST_F(attempts_store, finds_nothing_for_another_address) {
  ASSERT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(5)}), applied);
  EXPECT_FALSE(find("other@example.org"));
}

TEST_F(attempts_store, counts_no_failure_twice) {
  ASSERT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(5)}), applied);
  EXPECT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(6)}), conflict);
  const auto before = find();
  ASSERT_EQ(put(before, {.failures = 2, .last_failure = at(6)}), applied);
  EXPECT_EQ(put(before, {.failures = 2, .last_failure = at(6)}), conflict);
}

TEST_F(attempts_store, forgets_the_failures_of_an_address) {
  ASSERT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(5)}), applied);
  mini_transaction tx;
  remove_attempts(tx, address, *find());
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_FALSE(find());
}

TEST_F(attempts_store, removes_what_it_visited_by_key) {
  ASSERT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(5)}, "a@example.org"), applied);
  ASSERT_EQ(put(std::nullopt, {.failures = 2, .last_failure = at(9)}, "b@example.org"), applied);
  mini_transaction tx;
  for_each_attempts(*kept.read(), "", [&](std::string_view key, const attempts& a) {
    if (a.last_failure < at(7)) remove_attempts_at(tx, key, a);
    return true;
  });
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_FALSE(find("a@example.org"));
  EXPECT_TRUE(find("b@example.org"));
}

TEST_F(attempts_store, goes_on_visiting_from_a_key) {
  for (const auto* whose : {"a", "b", "c"})
    ASSERT_EQ(put(std::nullopt, {.failures = 1, .last_failure = at(5)}, whose), applied);
  std::vector<std::string> keys;
  for_each_attempts(*kept.read(), "", [&](std::string_view key, const attempts&) {
    keys.emplace_back(key);
    return true;
  });
  ASSERT_EQ(keys.size(), 3U);
  int rest = 0;
  for_each_attempts(*kept.read(), keys[1], [&](std::string_view, const attempts&) { return ++rest < 10; });
  EXPECT_EQ(rest, 2);
}

}  // namespace
}  // namespace authnz::storage
