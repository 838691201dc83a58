#include "storage/cluster_keys.hpp"

#include <gtest/gtest.h>

#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

using kind = cluster_key::kind;

const cluster_keys keys("some/where");

TEST(cluster_keys, lays_all_out_under_the_prefix) {
  EXPECT_EQ(keys.identity(), "some/where/cluster");
  EXPECT_EQ(keys.member("n1"), "some/where/members/n1");
  EXPECT_EQ(keys.head(), "some/where/d/head");
  EXPECT_EQ(keys.batch("n1"), "some/where/d/b/n1");
  EXPECT_EQ(keys.part("n1", 0x2af), "some/where/d/b/n1/02af");
  EXPECT_EQ(keys.record(slice::users, "key"), "some/where/d/r/users/key");
}

TEST(cluster_keys, finds_records_by_slice_and_key) {
  for (const auto& one : slice_table) {
    if (one.of != scope::cluster || one.derived) continue;
    const std::string bytes("\0a/b\xff", 5);
    const auto key = keys.record(one.id, bytes);
    const auto parsed = keys.parse(key);
    EXPECT_EQ(parsed.what, kind::record) << one.name;
    EXPECT_EQ(parsed.in, one.id);
    EXPECT_EQ(parsed.key, bytes);
  }
}

TEST(cluster_keys, finds_no_records_of_slices_that_are_not_the_clusters) {
  for (const auto& one : slice_table) {
    if (one.of == scope::cluster && !one.derived) continue;
    EXPECT_EQ(keys.parse(keys.record(one.id, "key")).what, kind::other) << one.name;
  }
}

TEST(cluster_keys, tells_batches_from_their_parts) {
  const auto batch = keys.batch("n-1.x");
  EXPECT_EQ(keys.parse(batch).what, kind::batch);
  EXPECT_EQ(keys.parse(batch).node, "n-1.x");
  const auto part = keys.part("n-1.x", 65535);
  EXPECT_EQ(keys.parse(part).what, kind::part);
  EXPECT_EQ(keys.parse(part).node, "n-1.x");
  EXPECT_EQ(keys.parse(keys.head()).what, kind::head);
}

TEST(cluster_keys, knows_nothing_of_other_keys) {
  for (const auto* key :
       {"", "some/where", "some/where/d", "some/where/d/", "some/where/cluster", "some/where/d/heads", "other/d/head",
        "some/where/d/b/", "some/where/d/b//0000", "some/where/d/b/n1/", "some/where/d/b/n1/000",
        "some/where/d/b/n1/000G", "some/where/d/b/n1/000A", "some/where/d/b/n1/0000/", "some/where/d/r/users",
        "some/where/d/r/users/", "some/where/d/r//key", "some/where/d/r/nothing/key", "some/wherever/d/head"})
    EXPECT_EQ(keys.parse(key).what, kind::other) << key;
}

TEST(cluster_keys, has_every_part_between_its_batchs_bounds) {
  for (const std::size_t n : {0U, 255U, 65535U}) {
    EXPECT_GE(keys.part("n1", n), keys.parts("n1"));
    EXPECT_LT(keys.part("n1", n), end_of_prefix(keys.parts("n1")));
  }
  EXPECT_LT(keys.part("n1", 9), keys.part("n1", 10));
}

TEST(an_end_of_a_prefix, is_the_first_key_behind_it) {
  EXPECT_EQ(end_of_prefix("a/"), "a0");
  EXPECT_EQ(end_of_prefix("a\xff\xff"), "b");
  EXPECT_EQ(end_of_prefix("\x7f"), "\x80");
}

TEST(events_of_a_part, are_read_as_they_were_written) {
  const std::string zeros("\0\0", 2);
  const std::vector<std::vector<std::string>> some{{}, {"one"}, {"", zeros, std::string(70'000, 'e')}};
  for (const auto& events : some) EXPECT_EQ(decode_events(encode_events(events)), events);
}

TEST(events_of_a_part, are_refused_when_damaged) {
  const auto whole = encode_events({"one", "two"});
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_events(whole.substr(0, size))) << size;
  EXPECT_FALSE(decode_events(whole + "x"));
  auto many = whole;
  many[1] = '\xff';
  EXPECT_FALSE(decode_events(many));
}

}  // namespace
}  // namespace authnz::storage
