#include "storage/user_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

class user_store : public testing::Test {
 protected:
  commit_result add(const user& u) {
    mini_transaction tx;
    add_user(tx, u);
    return kept.commit(tx);
  }
  commit_result replace(const user& before, const user& after) {
    mini_transaction tx;
    replace_user(tx, before, after);
    return kept.commit(tx);
  }
  commit_result remove(const user& u) {
    mini_transaction tx;
    remove_user(tx, u);
    return kept.commit(tx);
  }
  user stored(std::int64_t id) { return find_user(*kept.read(), id).value(); }

  memory_store kept;
};

TEST_F(user_store, reads_back_every_field) {
  const auto u = make_user(4);
  ASSERT_EQ(add(u), applied);
  const auto found = stored(4);
  EXPECT_EQ(found.id, u.id);
  EXPECT_EQ(found.system_id, u.system_id);
  EXPECT_EQ(found.full_name, u.full_name);
  EXPECT_EQ(found.email, u.email);
  EXPECT_EQ(found.password_hash, u.password_hash);
  EXPECT_EQ(found.role, u.role);
  EXPECT_EQ(found.created, u.created);
  EXPECT_EQ(found.updated, u.updated);
  EXPECT_EQ(found.last_login_try, u.last_login_try);
  EXPECT_EQ(found.last_login_success, u.last_login_success);
  EXPECT_EQ(found.emailverify_sent, u.emailverify_sent);
  EXPECT_EQ(found.emailforgotpass_sent, u.emailforgotpass_sent);
  EXPECT_EQ(found.extra_info, u.extra_info);
  EXPECT_EQ(found.verify_retry_wait_hours, u.verify_retry_wait_hours);
  EXPECT_EQ(found.session_epoch, u.session_epoch);
  EXPECT_EQ(found.apikey_epoch, u.apikey_epoch);
  EXPECT_EQ(found.session_apikey_epoch, u.session_apikey_epoch);
  EXPECT_EQ(found.revision, 1U);
}

TEST_F(user_store, keeps_each_state_apart) {
  for (int which = 0; which < 4; ++which) {
    auto u = make_user(10 + which);
    u.verified = which == 0;
    u.email_verified = which == 1;
    u.active = which == 2;
    u.admin_locked = which == 3;
    ASSERT_EQ(add(u), applied);
    const auto found = stored(u.id);
    EXPECT_EQ((std::vector{found.verified, found.email_verified, found.active, found.admin_locked}),
              (std::vector{which == 0, which == 1, which == 2, which == 3}));
  }
}

TEST_F(user_store, peeks_at_the_same_user) {
  ASSERT_EQ(add(make_user(4)), applied);
  const auto v = kept.read();
  const auto found = peek_user(*v, 4);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->email, make_user(4).email);
  EXPECT_EQ(found->extra_info, make_user(4).extra_info);
}

TEST_F(user_store, finds_nobody_where_there_is_none) {
  const auto v = kept.read();
  EXPECT_FALSE(find_user(*v, 4));
  EXPECT_FALSE(find_user(*v, -1));
  EXPECT_FALSE(find_user_by_email(*v, "nobody@example.org"));
  EXPECT_FALSE(user_id_of_system_id(*v, "nobody"));
  EXPECT_FALSE(v->fault());
}

TEST_F(user_store, finds_a_user_by_address) {
  ASSERT_EQ(add(make_user(4)), applied);
  EXPECT_EQ(find_user_by_email(*kept.read(), make_user(4).email)->id, 4);
}

TEST_F(user_store, looks_addresses_of_any_length_up) {
  auto u = make_user(4);
  u.email = std::string(4096, 'a');
  ASSERT_EQ(add(u), applied);
  EXPECT_EQ(find_user_by_email(*kept.read(), u.email)->id, 4);
  EXPECT_FALSE(find_user_by_email(*kept.read(), u.email.substr(1)));
}

TEST_F(user_store, refuses_an_id_that_is_taken) {
  ASSERT_EQ(add(make_user(4)), applied);
  auto other = make_user(5);
  other.id = 4;
  EXPECT_EQ(add(other), conflict);
}

TEST_F(user_store, refuses_an_address_that_is_taken) {
  ASSERT_EQ(add(make_user(4)), applied);
  auto other = make_user(5);
  other.email = make_user(4).email;
  EXPECT_EQ(add(other), conflict);
  EXPECT_FALSE(find_user(*kept.read(), 5));
}

TEST_F(user_store, refuses_a_system_id_that_is_taken) {
  ASSERT_EQ(add(make_user(4)), applied);
  auto other = make_user(5);
  other.system_id = make_user(4).system_id;
  EXPECT_EQ(add(other), conflict);
}

TEST_F(user_store, replaces_a_user_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_user(4)), applied);
  const auto before = stored(4);
  auto after = before;
  after.role = "staff";
  ASSERT_EQ(replace(before, after), applied);
  EXPECT_EQ(stored(4).role, "staff");
  EXPECT_EQ(replace(before, after), conflict);
}

TEST_F(user_store, moves_the_claim_when_the_address_changes) {
  ASSERT_EQ(add(make_user(4)), applied);
  auto after = stored(4);
  after.email = "new@example.org";
  ASSERT_EQ(replace(stored(4), after), applied);
  EXPECT_EQ(find_user_by_email(*kept.read(), "new@example.org")->id, 4);
  EXPECT_FALSE(find_user_by_email(*kept.read(), make_user(4).email));
}

TEST_F(user_store, refuses_to_move_to_an_address_that_is_taken) {
  ASSERT_EQ(add(make_user(4)), applied);
  ASSERT_EQ(add(make_user(5)), applied);
  auto after = stored(4);
  after.email = make_user(5).email;
  EXPECT_EQ(replace(stored(4), after), conflict);
  EXPECT_EQ(find_user_by_email(*kept.read(), make_user(5).email)->id, 5);
}

TEST_F(user_store, finds_no_deleted_user) {
  ASSERT_EQ(add(make_user(4)), applied);
  ASSERT_EQ(remove(stored(4)), applied);
  const auto v = kept.read();
  EXPECT_FALSE(find_user(*v, 4));
  EXPECT_FALSE(find_user_by_email(*v, make_user(4).email));
  EXPECT_FALSE(v->fault());
}

TEST_F(user_store, removes_only_a_user_that_is_as_it_was_read) {
  ASSERT_EQ(add(make_user(4)), applied);
  const auto before = stored(4);
  ASSERT_EQ(replace(before, before), applied);
  EXPECT_EQ(remove(before), conflict);
}

TEST_F(user_store, frees_the_address_of_a_deleted_user) {
  ASSERT_EQ(add(make_user(4)), applied);
  ASSERT_EQ(remove(stored(4)), applied);
  auto other = make_user(5);
  other.email = make_user(4).email;
  EXPECT_EQ(add(other), applied);
}

TEST_F(user_store, never_gives_the_id_of_a_deleted_user_again) {
  ASSERT_EQ(add(make_user(4)), applied);
  ASSERT_EQ(remove(stored(4)), applied);
  EXPECT_EQ(next_user_id(*kept.read()), 5);
  auto other = make_user(5);
  other.id = 4;
  EXPECT_EQ(add(other), conflict);
}

TEST_F(user_store, keeps_the_system_id_of_a_deleted_user) {
  ASSERT_EQ(add(make_user(4)), applied);
  ASSERT_EQ(remove(stored(4)), applied);
  EXPECT_EQ(user_id_of_system_id(*kept.read(), make_user(4).system_id), 4);
}

TEST_F(user_store, begins_with_user_1) { EXPECT_EQ(next_user_id(*kept.read()), 1); }

TEST_F(user_store, visits_users_by_ascending_id) {
  for (const std::int64_t id : {300, 4, 1, 255}) ASSERT_EQ(add(make_user(id)), applied);
  ASSERT_EQ(remove(stored(255)), applied);
  const auto ids_above = [&](std::int64_t after) {
    std::vector<std::int64_t> ids;
    for_each_user(*kept.read(), after, [&](const user& u) {
      ids.push_back(u.id);
      return true;
    });
    return ids;
  };
  EXPECT_EQ(ids_above(0), (std::vector<std::int64_t>{1, 4, 300}));
  EXPECT_EQ(ids_above(-7), (std::vector<std::int64_t>{1, 4, 300}));
  EXPECT_EQ(ids_above(4), (std::vector<std::int64_t>{300}));
  EXPECT_TRUE(ids_above(INT64_MAX).empty());
}

TEST_F(user_store, lets_a_change_elsewhere_depend_on_a_user) {
  ASSERT_EQ(add(make_user(4)), applied);
  const auto read = stored(4);
  mini_transaction tx = put(slice::meta, "a", "");
  expect_user(tx, read);
  EXPECT_EQ(kept.commit(tx), applied);
  ASSERT_EQ(replace(read, read), applied);
  EXPECT_EQ(kept.commit(tx), conflict);
}

TEST_F(user_store, reports_a_damaged_user_as_a_fault) {
  mini_transaction tx;
  add_user(tx, make_user(4));
  tx.writes.front().value->pop_back();
  ASSERT_EQ(kept.commit(tx), applied);
  const auto v = kept.read();
  EXPECT_FALSE(find_user(*v, 4));
  EXPECT_TRUE(v->fault());
}

TEST_F(user_store, reports_a_claim_on_somebody_elses_address_as_a_fault) {
  ASSERT_EQ(add(make_user(4)), applied);
  mini_transaction tx;
  add_user(tx, make_user(5));
  tx.writes[0] = {slice::meta, "no user 5", ""};
  ASSERT_EQ(kept.commit(tx), applied);
  const auto v = kept.read();
  EXPECT_FALSE(find_user_by_email(*v, make_user(5).email));
  EXPECT_TRUE(v->fault());
}

TEST(a_user, is_in_good_standing_when_verified_active_and_not_locked) {
  user u;
  u.verified = true;
  EXPECT_TRUE(u.in_good_standing());
  u.admin_locked = true;
  EXPECT_FALSE(u.in_good_standing());
}

}  // namespace
}  // namespace authnz::storage
