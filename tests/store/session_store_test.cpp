#include "storage/session_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

class session_store : public testing::Test {
 protected:
  commit_result add(const session& s) {
    mini_transaction tx;
    add_session(tx, s);
    return kept.commit(tx);
  }
  session stored(std::uint64_t number) { return find_session(*kept.read(), session_key(number)).value(); }
  std::vector<std::string> keys_of_user(std::int64_t id) {
    std::vector<std::string> keys;
    for_each_session_of(*kept.read(), id, [&](const session& s) {
      keys.push_back(s.key);
      return true;
    });
    return keys;
  }
  std::vector<std::string> expired(proto::timestamp before) {
    std::vector<std::string> keys;
    for_each_expired(*kept.read(), before, [&](const session& s) {
      keys.push_back(s.key);
      return true;
    });
    return keys;
  }

  memory_store kept;
};

TEST_F(session_store, reads_back_every_field) {
  auto s = make_session(1, 7);
  s.client_header = true;
  ASSERT_EQ(add(s), applied);
  const auto found = stored(1);
  EXPECT_EQ(found.key, s.key);
  EXPECT_EQ(found.user_id, s.user_id);
  EXPECT_EQ(found.epoch, s.epoch);
  EXPECT_EQ(found.ip_address, s.ip_address);
  EXPECT_EQ(found.user_agent, s.user_agent);
  EXPECT_TRUE(found.client_header);
  EXPECT_EQ(found.created, s.created);
  EXPECT_EQ(found.expires, s.expires);
  EXPECT_EQ(found.extra_info, s.extra_info);
  EXPECT_EQ(found.revision, 1U);
}

TEST_F(session_store, keeps_a_session_without_extra_info) {
  auto s = make_session(1, 7);
  s.extra_info.reset();
  ASSERT_EQ(add(s), applied);
  EXPECT_EQ(stored(1).extra_info, std::nullopt);
}

TEST_F(session_store, peeks_at_the_same_session) {
  ASSERT_EQ(add(make_session(1, 7)), applied);
  const auto v = kept.read();
  const auto key = session_key(1);
  const auto found = peek_session(*v, key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, key);
  EXPECT_EQ(found->user_id, 7);
  EXPECT_EQ(found->revision, 1U);
}

TEST_F(session_store, finds_no_unknown_session) {
  const auto v = kept.read();
  EXPECT_FALSE(find_session(*v, session_key(1)));
  EXPECT_FALSE(v->fault());
}

TEST_F(session_store, refuses_a_key_that_is_taken) {
  ASSERT_EQ(add(make_session(1, 7)), applied);
  EXPECT_EQ(add(make_session(1, 8)), conflict);
}

TEST_F(session_store, replaces_a_session_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_session(1, 7)), applied);
  const auto before = stored(1);
  auto after = before;
  after.extra_info = "{}";
  mini_transaction tx;
  replace_session(tx, before, after);
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_EQ(stored(1).extra_info, "{}");
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(session_store, removes_a_session_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_session(1, 7)), applied);
  mini_transaction tx;
  remove_session(tx, stored(1));
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_FALSE(find_session(*kept.read(), session_key(1)));
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(session_store, visits_the_sessions_of_one_user) {
  ASSERT_EQ(add(make_session(3, 7)), applied);
  ASSERT_EQ(add(make_session(2, 8)), applied);
  ASSERT_EQ(add(make_session(1, 7)), applied);
  EXPECT_EQ(keys_of_user(7), (std::vector{session_key(1), session_key(3)}));
  EXPECT_TRUE(keys_of_user(6).empty());
}

TEST_F(session_store, visits_what_expired_before_a_moment) {
  ASSERT_EQ(add(make_session(1, 7, 300)), applied);
  ASSERT_EQ(add(make_session(2, 7, -100)), applied);
  ASSERT_EQ(add(make_session(3, 7, 200)), applied);
  EXPECT_EQ(expired(at(300)), (std::vector{session_key(2), session_key(3)}));
  EXPECT_EQ(expired(at(301)).size(), 3U);
}

TEST_F(session_store, stops_when_the_visitor_has_seen_enough) {
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_EQ(add(make_session(i, 7)), applied);
  int seen = 0;
  for_each_session_of(*kept.read(), 7, [&](const session&) { return ++seen < 2; });
  for_each_expired(*kept.read(), at(5000), [&](const session&) { return ++seen < 4; });
  EXPECT_EQ(seen, 4);
}

}  // namespace
}  // namespace authnz::storage
