// The client of etcd against a real one: what it asks, and what it reads.
#include <gtest/gtest.h>

#include <thread>

#include "net/etcd/client.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;

class etcd_client : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server.ok()) << server.error(); }

  std::uint64_t put(const std::string& key, const std::string& value) { return etcd.put(key, value).value_or(0); }
  std::string get(const std::string& key) {
    const auto found = etcd.range(key);
    return found && found->records.size() == 1 ? found->records[0].value : "nothing";
  }
  transaction_answer commit(const transaction& t) {
    const auto done = etcd.commit(t);
    EXPECT_TRUE(done) << done.error().text;
    return done.value_or(transaction_answer{});
  }

  tests::etcd_server server;
  client etcd{server.client_options()};
};

TEST_F(etcd_client, reads_what_it_put) {
  const std::string key("k\0\xff", 3), value("\0\x80v", 3);
  const auto revision = put(key, value);
  const auto found = etcd.range(key);
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->records.size(), 1U);
  EXPECT_EQ(found->records[0].key, key);
  EXPECT_EQ(found->records[0].value, value);
  EXPECT_EQ(found->records[0].mod_revision, revision);
  EXPECT_EQ(found->revision, revision);
}

TEST_F(etcd_client, finds_nothing_where_nothing_is) {
  const auto found = etcd.range("nothing");
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_TRUE(found->records.empty());
  EXPECT_EQ(found->count, 0U);
}

TEST_F(etcd_client, pages_through_a_range_as_it_was_at_a_revision) {
  std::uint64_t revision = 0;
  for (const std::string key : {"p/a", "p/b", "p/c"}) revision = put(key, key);
  put("p/b", "later");
  put("p/d", "later");

  const auto first = etcd.range("p/", {.end = "p0", .limit = 2, .revision = revision});
  ASSERT_TRUE(first) << first.error().text;
  ASSERT_EQ(first->records.size(), 2U);
  EXPECT_EQ(first->records[1].value, "p/b");
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->count, 3U);

  const auto rest = etcd.range(std::string("p/b\0", 4), {.end = "p0", .limit = 2, .revision = revision});
  ASSERT_TRUE(rest) << rest.error().text;
  ASSERT_EQ(rest->records.size(), 1U);
  EXPECT_EQ(rest->records[0].key, "p/c");
  EXPECT_FALSE(rest->more);
}

TEST_F(etcd_client, gets_keys_without_values) {
  put("k", "value");
  const auto found = etcd.range("k", {.keys_only = true});
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->records.size(), 1U);
  EXPECT_EQ(found->records[0].value, "");
}

TEST_F(etcd_client, commits_the_nested_transactions_that_hold_and_not_the_others) {
  const auto revision = put("a", "1");
  transaction holds{{{"a", revision}}, {operation::put("b", "2"), operation::put("mark/0", "")}, {}};
  transaction fails{{{"a", revision - 1}}, {operation::put("c", "3"), operation::put("mark/1", "")}, {}};
  const auto done = commit({{{"batch", 0}},
                            {operation::put("batch", "me"), operation::nested(holds), operation::nested(fails)},
                            {operation::get("batch")}});
  EXPECT_TRUE(done.succeeded);
  EXPECT_EQ(done.revision, revision + 1);
  ASSERT_EQ(done.answers.size(), 3U);
  ASSERT_TRUE(done.answers[1].inner && done.answers[2].inner);
  EXPECT_TRUE(done.answers[1].inner->succeeded);
  EXPECT_FALSE(done.answers[2].inner->succeeded);
  EXPECT_EQ(get("b"), "2");
  EXPECT_EQ(get("c"), "nothing");
}

TEST_F(etcd_client, learns_from_the_other_branch_what_became_of_a_transaction) {
  const transaction t{{{"batch", 0}},
                      {operation::put("batch", "me"), operation::put("mark/0", "")},
                      {operation::get("batch"), operation::get("mark/", {.end = "mark0", .keys_only = true})}};
  const auto first = commit(t);
  const auto again = commit(t);
  EXPECT_FALSE(again.succeeded);
  ASSERT_EQ(again.answers.size(), 2U);
  ASSERT_EQ(again.answers[0].range.records.size(), 1U);
  EXPECT_EQ(again.answers[0].range.records[0].mod_revision, first.revision);
  ASSERT_EQ(again.answers[1].range.records.size(), 1U);
  EXPECT_EQ(again.answers[1].range.records[0].key, "mark/0");
}

TEST_F(etcd_client, erases_a_key_and_a_range) {
  for (const std::string key : {"e/a", "e/b", "e/c", "f"}) put(key, key);
  commit({{}, {operation::erase("f"), operation::erase("e/a", "e/c")}, {}});
  EXPECT_EQ(get("f"), "nothing");
  EXPECT_EQ(get("e/b"), "nothing");
  EXPECT_EQ(get("e/c"), "e/c");
}

TEST_F(etcd_client, takes_as_many_operations_as_a_batch_may_have) {
  transaction t;
  for (int i = 0; i < 1024; ++i) t.then.push_back(operation::put("k" + std::to_string(i), "v"));
  EXPECT_EQ(commit(t).answers.size(), 1024U);
}

TEST_F(etcd_client, is_told_of_too_many_operations) {
  transaction t;
  for (int i = 0; i < 1025; ++i) t.then.push_back(operation::put("k" + std::to_string(i), "v"));
  const auto done = etcd.commit(t);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::too_large);
  EXPECT_NE(done.error().text.find("--max-txn-ops"), std::string::npos) << done.error().text;
}

TEST_F(etcd_client, is_told_of_too_many_bytes) {
  for (const std::size_t bytes : {std::size_t{1600} << 10, std::size_t{5} << 20}) {
    const auto done = etcd.put("k", std::string(bytes, 'v'));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().what, kind::too_large) << done.error().text;
  }
}

TEST_F(etcd_client, is_refused_a_transaction_that_puts_a_key_twice) {
  const auto done = etcd.commit({{}, {operation::put("k", "1"), operation::put("k", "2")}, {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::refused) << done.error().text;
}

TEST_F(etcd_client, keeps_a_lease_until_it_is_revoked) {
  const auto lease = etcd.grant_lease(60s);
  ASSERT_TRUE(lease) << lease.error().text;
  ASSERT_TRUE(etcd.put("k", "v", *lease));
  EXPECT_EQ(etcd.range("k").value().records.at(0).lease, *lease);
  EXPECT_EQ(etcd.keep_lease(*lease).value_or(0s), 60s);
  ASSERT_TRUE(etcd.revoke_lease(*lease));
  EXPECT_EQ(get("k"), "nothing");
  EXPECT_EQ(etcd.keep_lease(*lease).value_or(1s), 0s);
  EXPECT_TRUE(etcd.revoke_lease(*lease)) << "it is gone, as was wanted";
}

TEST_F(etcd_client, is_refused_a_put_under_a_lease_that_has_ended) {
  const auto done = etcd.put("k", "v", 4711);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::refused);
  EXPECT_NE(done.error().text.find("lease not found"), std::string::npos) << done.error().text;
}

TEST_F(etcd_client, cannot_read_what_has_been_compacted) {
  const auto first = put("k", "1");
  const auto second = put("k", "2");
  ASSERT_TRUE(etcd.compact(second));
  const auto found = etcd.range("k", {.revision = first});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, kind::compacted) << found.error().text;
  EXPECT_TRUE(etcd.range("k", {.revision = second}));
}

TEST_F(etcd_client, may_compact_what_another_has_compacted) {
  put("k", "1");
  const auto second = put("k", "2");
  ASSERT_TRUE(etcd.compact(second));
  EXPECT_TRUE(etcd.compact(second));
}

TEST_F(etcd_client, knows_the_state_of_a_member) {
  const auto revision = put("k", "1");
  const auto all = etcd.status();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].answers) << all[0].why;
  EXPECT_EQ(all[0].name, "m0");
  EXPECT_TRUE(all[0].version.starts_with("3.")) << all[0].version;
  EXPECT_TRUE(all[0].leads && all[0].has_leader);
  EXPECT_EQ(all[0].revision, revision);
  EXPECT_GT(all[0].bytes, 0U);
  EXPECT_TRUE(all[0].alarms.empty());
}

TEST(etcd_space, is_told_that_the_space_is_used_up) {
  tests::etcd_server server({.options = {"--quota-backend-bytes", "200000"}});
  ASSERT_TRUE(server.ok()) << server.error();
  client etcd(server.client_options());
  outcome<std::uint64_t> done;
  for (int i = 0; i < 100 && done; ++i) done = etcd.put("k" + std::to_string(i), std::string(50'000, 'v'));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, kind::full) << done.error().text;
  EXPECT_TRUE(etcd.range("k0")) << "reads go on";
  EXPECT_EQ(etcd.status().at(0).alarms, std::vector<std::string>{"NOSPACE"});
}

}  // namespace
}  // namespace authnz::net::etcd
