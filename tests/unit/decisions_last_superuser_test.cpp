#include <gtest/gtest.h>

#include "actors/decisions/accounts.hpp"
#include "admin_desk.hpp"

namespace authnz::actors::test {
namespace {

const std::string ada_email = "ada@example.org";
const std::string bob_email = "bob@example.org";
const json to_authenticated{{"user_role", "authenticated"}};

json with_update(json body, json update) {
  body["update_dict"] = std::move(update);
  return body;
}

json edit_by_server(std::int64_t target, const json& update) {
  return with_update({{"target_userid", target}}, update);
}

// Every way in which a superuser may cease to be one by an edit.
const json ways_out[] = {to_authenticated, {{"is_active", false}}, {{"email_verified", false}}};

TEST(last_superuser, keeps_the_last_superuser) {
  for (const json& update : ways_out) {
    admin_desk d;
    EXPECT_EQ(d.edit_as_root(1, update).reason(), "last-superuser") << update;
    EXPECT_EQ(d.edit_as_server(1, update).reason(), "last-superuser") << update;
    EXPECT_EQ(d.shown(1)["user_role"], "superuser");
    EXPECT_TRUE(d.is_live(d.root_session));
  }
}

TEST(last_superuser, lets_a_superuser_go_while_there_is_another) {
  for (const json& update : ways_out) {
    admin_desk d;
    d.make_superuser(d.ada);
    EXPECT_EQ(d.edit_as_root(1, update).reason(), "ok") << update;
    EXPECT_EQ(d.edit_as_server(d.ada, update).reason(), "last-superuser") << update;
  }
}

TEST(last_superuser, counts_only_superusers_in_good_standing) {
  const auto reason_beside = [](const std::function<void(storage::user&)>& change) {
    admin_desk d;
    d.make_superuser(d.ada);
    d.edit(d.ada, change);
    return d.edit_as_root(1, to_authenticated).reason();
  };
  EXPECT_EQ(reason_beside([](storage::user& u) { u.verified = false; }), "last-superuser");
  EXPECT_EQ(reason_beside([](storage::user& u) { u.active = false; }), "last-superuser");
  EXPECT_EQ(reason_beside([](storage::user& u) { u.admin_locked = true; }), "last-superuser");
  EXPECT_EQ(reason_beside([](storage::user& u) { u.email_verified = false; }), "ok");
}

TEST(last_superuser, counts_superusers_in_spite_of_an_automatic_lock) {
  admin_desk d;
  d.make_superuser(d.ada);
  d.fail_until_locked(ada_email);
  EXPECT_EQ(d.edit_as_root(1, to_authenticated).reason(), "ok");
  EXPECT_EQ(d.edit_as_server(d.ada, {{"is_active", false}}).reason(), "last-superuser");
}

TEST(last_superuser, lets_superusers_who_are_in_no_good_standing_be_demoted) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) {
    u.role = "superuser";
    u.active = false;
  });
  EXPECT_EQ(d.edit_as_root(d.ada, to_authenticated).reason(), "ok");
}

TEST(last_superuser, lets_the_last_superuser_change_all_else) {
  admin_desk d;
  const json update{{"full_name", "Root"}, {"email", bob_email}, {"user_role", "superuser"}, {"is_active", true}};
  EXPECT_EQ(d.edit_as_root(1, update).reason(), "ok");
}

TEST(last_superuser, leaves_one_of_two_superusers_who_demote_each_other_at_once) {
  admin_desk d;
  d.make_superuser(d.ada);
  const json by_ada = d.body_as(d.ada, "superuser", d.session, 1);
  EXPECT_EQ(d.second_of_two_at_once("user-edit", with_update(d.body_as_root(d.ada), to_authenticated), "user-edit",
                                    with_update(by_ada, to_authenticated)),
            "not-allowed");
  EXPECT_TRUE(is_acting_superuser(d.stored(1)));
}

TEST(last_superuser, leaves_one_of_two_superusers_who_step_down_at_once) {
  for (const json& update : ways_out) {
    admin_desk d;
    d.make_superuser(d.ada);
    EXPECT_EQ(d.second_of_two_at_once("internal-user-edit", {{"target_userid", d.ada}, {"update_dict", update}},
                                      "internal-user-edit", {{"target_userid", 1}, {"update_dict", update}}),
              "last-superuser");
  }
}

TEST(last_superuser, does_not_outlive_its_caller_s_role) {
  admin_desk d;
  d.make_superuser(d.ada);
  const auto bob = d.add_user(bob_email);
  EXPECT_EQ(
      d.second_of_two_at_once("user-edit", with_update(d.body_as_root(d.ada), to_authenticated), "user-edit",
                              with_update(d.body_as(d.ada, "superuser", d.session, bob), {{"user_role", "staff"}})),
      "not-allowed");
}

TEST(last_superuser, is_neither_locked_nor_deleted) {
  admin_desk d;
  EXPECT_EQ(d.lock_as_server(1).reason(), "last-superuser");
  EXPECT_EQ(d.remove_as_server(1).reason(), "last-superuser");
  EXPECT_EQ(d.shown(1)["user_role"], "superuser");
  EXPECT_TRUE(d.is_live(d.root_session));
}

TEST(last_superuser, may_be_unlocked) {
  admin_desk d;
  EXPECT_EQ(d.lock_as_server(1, "unlock").reason(), "ok");
}

TEST(last_superuser, is_who_remains_when_the_other_is_locked_or_deleted) {
  admin_desk d;
  d.make_superuser(d.ada);
  const auto bob = d.add_user(bob_email);
  d.make_superuser(bob);
  EXPECT_EQ(d.lock_as_root(d.ada).reason(), "ok");
  EXPECT_EQ(d.remove_as_server(1).reason(), "ok");
  EXPECT_EQ(d.lock_as_server(bob).reason(), "last-superuser");
  EXPECT_EQ(d.remove_as_server(bob).reason(), "last-superuser");
  EXPECT_EQ(d.remove_as_server(d.ada).reason(), "ok");
}

TEST(last_superuser, is_one_of_two_who_lock_each_other_at_once) {
  admin_desk d;
  d.make_superuser(d.ada);
  json by_root = d.body_as_root(d.ada);
  json by_ada = d.body_as(d.ada, "superuser", d.session, 1);
  by_root["action"] = by_ada["action"] = "lock";
  EXPECT_EQ(d.second_of_two_at_once("user-lock", by_ada, "user-lock", by_root), "session-not-found");
  EXPECT_TRUE(is_acting_superuser(d.stored(d.ada)));
}

TEST(last_superuser, is_one_of_two_who_are_locked_or_deleted_at_once) {
  const auto locked = [](std::int64_t id) { return json{{"target_userid", id}, {"action", "lock"}}; };
  const auto deleted = [](std::int64_t id) { return json{{"target_userid", id}}; };
  const auto reason = [](const char* first, const json& body, const char* second, const json& other) {
    admin_desk d;
    d.make_superuser(d.ada);
    return d.second_of_two_at_once(first, body, second, other);
  };
  EXPECT_EQ(reason("internal-user-lock", locked(1), "internal-user-lock", locked(4)), "last-superuser");
  EXPECT_EQ(reason("internal-user-delete", deleted(4), "internal-user-delete", deleted(1)), "last-superuser");
  EXPECT_EQ(reason("internal-user-lock", locked(1), "internal-user-delete", deleted(4)), "last-superuser");
  EXPECT_EQ(reason("internal-user-delete", deleted(1), "internal-user-edit", edit_by_server(4, to_authenticated)),
            "last-superuser");
}

}  // namespace
}  // namespace authnz::actors::test
