#include "storage/ratelimit_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

class ratelimit_store : public testing::Test {
 protected:
  commit_result put_bucket(const rate_bucket& b) {
    mini_transaction tx;
    put_rate_bucket(tx, b);
    return kept.commit(tx);
  }
  std::vector<rate_bucket> stored() {
    std::vector<rate_bucket> all;
    for_each_rate_bucket(*kept.read(), [&](const rate_bucket& b) {
      all.push_back(b);
      return true;
    });
    return all;
  }

  memory_store kept;
};

TEST_F(ratelimit_store, reads_back_every_field_of_a_bucket) {
  const auto b = make_rate_bucket('a');
  ASSERT_EQ(put_bucket(b), applied);
  const auto all = stored();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, b.key);
  EXPECT_EQ(all[0].scope, b.scope);
  EXPECT_EQ(all[0].request, b.request);
  EXPECT_EQ(all[0].created, b.created);
  EXPECT_EQ(all[0].left, b.left);
  EXPECT_EQ(all[0].steps, b.steps);
  EXPECT_EQ(all[0].noted, b.noted);
}

TEST_F(ratelimit_store, replaces_a_bucket_whatever_is_there) {
  auto b = make_rate_bucket('a');
  ASSERT_EQ(put_bucket(b), applied);
  b.left = 1;
  ASSERT_EQ(put_bucket(b), applied);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].left, 1U);
}

TEST_F(ratelimit_store, removes_a_bucket_whether_it_is_there_or_not) {
  const auto b = make_rate_bucket('a');
  ASSERT_EQ(put_bucket(b), applied);
  mini_transaction tx;
  remove_rate_bucket(tx, b.key);
  EXPECT_EQ(kept.commit(tx), applied);
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(kept.commit(tx), applied);
}

TEST_F(ratelimit_store, keeps_the_secret_apart_from_the_buckets) {
  EXPECT_FALSE(find_rate_secret(*kept.read()));
  mini_transaction tx;
  put_rate_secret(tx, "0123456789abcdef");
  ASSERT_EQ(kept.commit(tx), applied);
  ASSERT_EQ(put_bucket(make_rate_bucket('a')), applied);
  ASSERT_EQ(put_bucket(make_rate_bucket('z')), applied);
  const auto v = kept.read();
  EXPECT_EQ(find_rate_secret(*v), "0123456789abcdef");
  EXPECT_EQ(stored().size(), 2U);
  EXPECT_FALSE(v->fault());
}

TEST_F(ratelimit_store, stops_when_the_visitor_has_seen_enough) {
  for (char name = 'a'; name <= 'e'; ++name) ASSERT_EQ(put_bucket(make_rate_bucket(name)), applied);
  int visits = 0;
  for_each_rate_bucket(*kept.read(), [&](const rate_bucket&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST_F(ratelimit_store, passes_over_damaged_records) {
  ASSERT_EQ(kept.commit(put(slice::ratelimits, "damaged", "bucket")), applied);
  ASSERT_EQ(kept.commit(put(slice::ratelimits, "secret", "damaged")), applied);
  ASSERT_EQ(put_bucket(make_rate_bucket('z')), applied);
  const auto v = kept.read();
  EXPECT_FALSE(find_rate_secret(*v));
  EXPECT_TRUE(v->fault());
  EXPECT_EQ(stored().size(), 1U);
}

}  // namespace
}  // namespace authnz::storage
