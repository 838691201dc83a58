#include "storage/apikey_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

class apikey_store : public testing::Test {
 protected:
  commit_result add(const apikey& k) {
    mini_transaction tx;
    add_apikey(tx, k);
    return kept.commit(tx);
  }
  apikey stored(std::uint64_t number) { return find_apikey(*kept.read(), session_key(number)).value(); }
  std::vector<std::string> seen(const std::function<void(const view&, const apikey_visitor&)>& visit) {
    std::vector<std::string> keys;
    visit(*kept.read(), [&](const apikey& k) {
      keys.push_back(k.key);
      return true;
    });
    return keys;
  }
  std::vector<std::string> keys_of_user(std::int64_t id) {
    return seen([id](const view& v, const apikey_visitor& visit) { for_each_apikey_of(v, id, visit); });
  }
  std::vector<std::string> keys_of_family(const std::string& family) {
    return seen([&](const view& v, const apikey_visitor& visit) { for_each_apikey_in(v, family, visit); });
  }
  std::vector<std::string> outlived(proto::timestamp before) {
    return seen([before](const view& v, const apikey_visitor& visit) { for_each_outlived_apikey(v, before, visit); });
  }

  memory_store kept;
};

TEST_F(apikey_store, reads_back_every_field_of_a_key_tied_to_a_session) {
  const auto k = make_session_apikey(1, 7);
  ASSERT_EQ(add(k), applied);
  const auto found = stored(1);
  EXPECT_EQ(found.key, k.key);
  EXPECT_EQ(found.user_id, k.user_id);
  EXPECT_EQ(found.epoch, k.epoch);
  EXPECT_EQ(found.role, k.role);
  EXPECT_EQ(found.claims, k.claims);
  EXPECT_EQ(found.not_before, k.not_before);
  EXPECT_EQ(found.expires, k.expires);
  EXPECT_EQ(found.session, k.session);
  EXPECT_FALSE(found.refreshed_by);
  EXPECT_EQ(found.revision, 1U);
}

TEST_F(apikey_store, reads_back_every_field_of_a_refresh_token) {
  auto k = make_apikey(1, 7);
  k.refreshed_by->family = session_key(3);
  k.refreshed_by->used = true;
  ASSERT_EQ(add(k), applied);
  const auto found = stored(1);
  EXPECT_EQ(found.session, "");
  ASSERT_TRUE(found.refreshed_by);
  EXPECT_EQ(found.refreshed_by->family, session_key(3));
  EXPECT_EQ(found.refreshed_by->token_hash, k.refreshed_by->token_hash);
  EXPECT_EQ(found.refreshed_by->not_before, k.refreshed_by->not_before);
  EXPECT_EQ(found.refreshed_by->expires, k.refreshed_by->expires);
  EXPECT_TRUE(found.refreshed_by->used);
}

TEST_F(apikey_store, refuses_a_key_of_neither_kind_and_of_both) {
  auto neither = make_apikey(1, 7);
  neither.refreshed_by.reset();
  EXPECT_EQ(add(neither), storage_error);
  auto both = make_apikey(1, 7);
  both.session = session_key(2);
  EXPECT_EQ(add(both), storage_error);
}

TEST_F(apikey_store, refuses_a_family_that_is_no_key) {
  auto k = make_apikey(1, 7);
  k.refreshed_by->family += "!";
  EXPECT_EQ(add(k), storage_error);
}

TEST_F(apikey_store, finds_no_unknown_key) {
  const auto v = kept.read();
  EXPECT_FALSE(find_apikey(*v, session_key(1)));
  EXPECT_FALSE(find_family(*v, session_key(1)));
  EXPECT_FALSE(v->fault());
}

TEST_F(apikey_store, refuses_a_key_that_is_taken) {
  ASSERT_EQ(add(make_apikey(1, 7)), applied);
  EXPECT_EQ(add(make_apikey(1, 8)), conflict);
}

TEST_F(apikey_store, replaces_a_key_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_apikey(1, 7)), applied);
  const auto before = stored(1);
  auto after = before;
  after.refreshed_by->used = true;
  mini_transaction tx;
  replace_apikey(tx, before, after);
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_TRUE(stored(1).refreshed_by->used);
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(apikey_store, removes_a_key_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_apikey(1, 7)), applied);
  mini_transaction tx;
  remove_apikey(tx, stored(1));
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_FALSE(find_apikey(*kept.read(), session_key(1)));
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(apikey_store, visits_the_keys_of_one_user) {
  ASSERT_EQ(add(make_apikey(3, 7)), applied);
  ASSERT_EQ(add(make_apikey(2, 8)), applied);
  ASSERT_EQ(add(make_session_apikey(1, 7)), applied);
  EXPECT_EQ(keys_of_user(7), (std::vector{session_key(1), session_key(3)}));
  EXPECT_TRUE(keys_of_user(6).empty());
}

TEST_F(apikey_store, visits_the_keys_of_one_family) {
  auto second = make_apikey(4, 7);
  second.refreshed_by->family = session_key(2);
  ASSERT_EQ(add(second), applied);
  ASSERT_EQ(add(make_apikey(2, 7)), applied);
  ASSERT_EQ(add(make_apikey(3, 7)), applied);
  EXPECT_EQ(keys_of_family(session_key(2)), (std::vector{session_key(2), session_key(4)}));
  EXPECT_TRUE(keys_of_family(session_key(4)).empty());
}

TEST_F(apikey_store, visits_all_keys_from_one_on) {
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_EQ(add(make_apikey(n, 7)), applied);
  const auto from = session_key(2);
  EXPECT_EQ(seen([&](const view& v, const apikey_visitor& visit) { for_each_apikey(v, from, visit); }),
            (std::vector{session_key(2), session_key(3)}));
}

TEST_F(apikey_store, visits_what_was_outlived_before_a_moment) {
  ASSERT_EQ(add(make_session_apikey(1, 7, 300)), applied);
  ASSERT_EQ(add(make_session_apikey(2, 7, -100)), applied);
  ASSERT_EQ(add(make_apikey(3, 7, 100, 200)), applied);
  EXPECT_EQ(outlived(at(300)), (std::vector{session_key(2), session_key(3)}));
  EXPECT_EQ(outlived(at(301)).size(), 3U);
}

TEST_F(apikey_store, stops_when_the_visitor_has_seen_enough) {
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_EQ(add(make_apikey(i, 7)), applied);
  int visits = 0;
  for_each_apikey_of(*kept.read(), 7, [&](const apikey&) { return ++visits < 2; });
  for_each_outlived_apikey(*kept.read(), at(5000), [&](const apikey&) { return ++visits < 4; });
  for_each_apikey(*kept.read(), {}, [&](const apikey&) { return ++visits < 6; });
  EXPECT_EQ(visits, 6);
}

TEST(an_api_key, is_outlived_when_neither_it_nor_its_refresh_token_can_be_valid) {
  EXPECT_EQ(make_session_apikey(1, 7, 300).outlived(), at(300));
  EXPECT_EQ(make_apikey(1, 7, 300, 200).outlived(), at(300));
  EXPECT_EQ(make_apikey(1, 7, 300, 400).outlived(), at(400));
}

TEST(an_api_key, that_was_refreshed_is_outlived_with_its_refresh_token) {
  auto k = make_apikey(1, 7, 300, 200);
  k.refreshed_by->used = true;
  EXPECT_EQ(k.outlived(), at(200));
}

class family_store : public testing::Test {
 protected:
  commit_result add(std::uint64_t number, std::int64_t user_id) {
    mini_transaction tx;
    add_family(tx, {.key = session_key(number), .user_id = user_id});
    return kept.commit(tx);
  }
  apikey_family stored(std::uint64_t number) { return find_family(*kept.read(), session_key(number)).value(); }

  memory_store kept;
};

TEST_F(family_store, reads_back_every_field) {
  ASSERT_EQ(add(1, 7), applied);
  EXPECT_EQ(stored(1).key, session_key(1));
  EXPECT_EQ(stored(1).user_id, 7);
  EXPECT_EQ(stored(1).revision, 1U);
}

TEST_F(family_store, refuses_a_key_that_is_taken) {
  ASSERT_EQ(add(1, 7), applied);
  EXPECT_EQ(add(1, 7), conflict);
}

TEST_F(family_store, revokes_a_family_once) {
  ASSERT_EQ(add(1, 7), applied);
  mini_transaction tx;
  remove_family(tx, stored(1));
  ASSERT_EQ(kept.commit(tx), applied);
  EXPECT_FALSE(find_family(*kept.read(), session_key(1)));
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(family_store, lets_a_change_depend_on_a_family_that_lives) {
  ASSERT_EQ(add(1, 7), applied);
  mini_transaction tx;
  expect_family(tx, stored(1));
  add_apikey(tx, make_apikey(1, 7));
  mini_transaction revoke;
  remove_family(revoke, stored(1));
  ASSERT_EQ(kept.commit(revoke), applied);
  EXPECT_EQ(kept.commit(tx), conflict);
  EXPECT_FALSE(find_apikey(*kept.read(), session_key(1)));
}

TEST_F(family_store, visits_families_from_one_on) {
  for (std::uint64_t n = 1; n <= 4; ++n) ASSERT_EQ(add(n, 7), applied);
  std::vector<std::string> keys;
  for_each_family(*kept.read(), session_key(2), [&](const apikey_family& f) {
    keys.push_back(f.key);
    return keys.size() < 2;
  });
  EXPECT_EQ(keys, (std::vector{session_key(2), session_key(3)}));
}

TEST_F(family_store, tells_damage_from_absence) {
  ASSERT_EQ(kept.commit(put(slice::apikey_families, session_key(1), "damaged")), applied);
  const auto v = kept.read();
  EXPECT_FALSE(find_family(*v, session_key(1)));
  EXPECT_TRUE(v->fault());
}

}  // namespace
}  // namespace authnz::storage
