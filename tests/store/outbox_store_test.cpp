#include "storage/outbox_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

outbox_entry make_mail(std::uint64_t number) {
  outbox_entry e;
  append_u64(e.key, number);
  e.key += std::string(16, 'r');
  e.user_id = 7;
  e.kind = 1;
  e.created = at(100);
  e.sent_before = at(-50);
  e.tries = 3;
  e.next_try = at(460);
  e.sealed = std::string("sealed\0text", 11);
  return e;
}

class outbox_store : public testing::Test {
 protected:
  commit_result add(const outbox_entry& e) {
    mini_transaction tx;
    add_mail(tx, e);
    return kept.commit(tx);
  }
  commit_result replace(const outbox_entry& before, const outbox_entry& after) {
    mini_transaction tx;
    replace_mail(tx, before, after);
    return kept.commit(tx);
  }
  commit_result remove(const outbox_entry& e) {
    mini_transaction tx;
    remove_mail(tx, e);
    return kept.commit(tx);
  }
  std::optional<outbox_entry> find(std::uint64_t number) { return find_mail(*kept.read(), make_mail(number).key); }

  memory_store kept;
};

TEST_F(outbox_store, reads_back_every_field) {
  const auto added = make_mail(1);
  ASSERT_EQ(add(added), applied);
  const auto found = find(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, added.key);
  EXPECT_EQ(found->user_id, 7);
  EXPECT_EQ(found->kind, 1);
  EXPECT_EQ(found->created, at(100));
  EXPECT_EQ(found->sent_before, at(-50));
  EXPECT_EQ(found->tries, 3U);
  EXPECT_EQ(found->next_try, at(460));
  EXPECT_EQ(found->sealed, added.sealed);
  EXPECT_EQ(found->revision, 1U);
}

TEST_F(outbox_store, knows_messages_before_which_none_was_sent) {
  auto first = make_mail(1);
  first.sent_before.reset();
  ASSERT_EQ(add(first), applied);
  EXPECT_FALSE(find(1)->sent_before);
}

TEST_F(outbox_store, finds_nothing_under_another_key) {
  ASSERT_EQ(add(make_mail(1)), applied);
  EXPECT_FALSE(find(2));
}

TEST_F(outbox_store, adds_no_message_twice) {
  ASSERT_EQ(add(make_mail(1)), applied);
  EXPECT_EQ(add(make_mail(1)), conflict);
}

TEST_F(outbox_store, replaces_only_what_was_read) {
  ASSERT_EQ(add(make_mail(1)), applied);
  const auto before = *find(1);
  auto after = before;
  after.tries = 4;
  ASSERT_EQ(replace(before, after), applied);
  EXPECT_EQ(find(1)->tries, 4U);
  EXPECT_EQ(replace(before, after), conflict);
}

TEST_F(outbox_store, removes_only_what_was_read) {
  ASSERT_EQ(add(make_mail(1)), applied);
  const auto before = *find(1);
  ASSERT_EQ(replace(before, before), applied);
  EXPECT_EQ(remove(before), conflict);
  EXPECT_EQ(remove(*find(1)), applied);
  EXPECT_FALSE(find(1));
}

TEST_F(outbox_store, visits_the_oldest_first_until_the_visitor_has_enough) {
  for (const std::uint64_t number : {3, 1, 2}) ASSERT_EQ(add(make_mail(number)), applied);
  std::vector<std::uint64_t> visited;
  for_each_mail(*kept.read(), [&](const outbox_entry& e) {
    visited.push_back(leading_u64(e.key));
    return visited.size() < 2;
  });
  EXPECT_EQ(visited, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(outbox_store, passes_over_damaged_records_and_leaves_a_fault) {
  ASSERT_EQ(kept.commit(put(slice::outbox, "0 damaged", "no record")), applied);
  ASSERT_EQ(add(make_mail(1)), applied);
  const auto view = kept.read();
  int visited = 0;
  for_each_mail(*view, [&](const outbox_entry&) { return ++visited > 0; });
  EXPECT_EQ(visited, 1);
  EXPECT_TRUE(view->fault());
}

TEST_F(outbox_store, treats_records_of_another_version_as_damaged) {
  ASSERT_EQ(add(make_mail(1)), applied);
  const auto key = make_mail(1).key;
  auto bytes = std::string(kept.read()->get(slice::outbox, key)->value);
  bytes[0] = 2;
  ASSERT_EQ(kept.commit(put(slice::outbox, key, bytes)), applied);
  const auto view = kept.read();
  EXPECT_FALSE(find_mail(*view, key));
  EXPECT_TRUE(view->fault());
}

}  // namespace
}  // namespace authnz::storage
