#include <gtest/gtest.h>

#include "actors/decisions/attempts.hpp"
#include "admin_desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada_email = "ada@example.org";
const std::string bob_email = "bob@example.org";

json with(json body, const char* action) {
  body["action"] = action;
  return body;
}

TEST(user_lock, is_checked_in_the_order_of_the_contract) {
  admin_desk d;
  d.expect_in_turn("user-lock", {
                                    {with(d.body_as(1, "staff", "unknown", 2), "hug"), "not-allowed"},
                                    {with(d.body_as(2, "superuser", "unknown", 2), "hug"), "not-allowed"},
                                    {with(d.body_as(1, "superuser", "unknown", 2), "hug"), "action-invalid"},
                                    {with(d.body_as(1, "superuser", "unknown", 2), "lock"), "protected-user"},
                                    {with(d.body_as(1, "superuser", "unknown", 3), "unlock"), "protected-user"},
                                    {with(d.body_as(1, "superuser", "unknown", 99), "lock"), "session-not-found"},
                                    {with(d.body_as(1, "superuser", d.session, 99), "lock"), "not-allowed"},
                                    {with(d.body_as(d.ada, "superuser", d.session, 99), "lock"), "not-allowed"},
                                    {with(d.body_as_root(99), "lock"), "user-not-found"},
                                    {with(d.body_as_root(d.ada), "lock"), "ok"},
                                    {with(d.body_as_root(d.ada), "unlock"), "ok"},
                                });
}

TEST(user_lock, knows_two_actions) {
  admin_desk d;
  for (const char* action : {"", "Lock", "unlock ", "locked"})
    EXPECT_EQ(d.lock_as_root(d.ada, action).reason(), "action-invalid") << action;
}

TEST(user_lock, lets_no_superuser_lock_or_unlock_oneself) {
  admin_desk d;
  d.make_superuser(d.ada);
  EXPECT_EQ(d.lock_as_root(1).reason(), "not-allowed");
  EXPECT_EQ(d.lock_as_root(1, "unlock").reason(), "not-allowed");
}

TEST(user_lock, wants_a_superuser_in_good_standing) {
  const auto reason_after = [](const std::function<void(storage::user&)>& change) {
    admin_desk d;
    const auto bob = d.add_user(bob_email);
    d.make_superuser(d.ada);
    d.edit(d.ada, change);
    return d.ask("user-lock", with(d.body_as(d.ada, "superuser", d.session, bob), "lock")).reason();
  };
  EXPECT_EQ(reason_after([](storage::user&) {}), "ok");
  EXPECT_EQ(reason_after([](storage::user& u) { u.verified = false; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.active = false; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.admin_locked = true; }), "not-allowed");
  EXPECT_EQ(reason_after([](storage::user& u) { u.role = "authenticated"; }), "not-allowed");
}

TEST(user_lock, takes_no_session_of_another_superuser) {
  admin_desk d;
  d.make_superuser(d.ada);
  const auto bob = d.add_user(bob_email);
  EXPECT_EQ(d.ask("user-lock", with(d.body_as(1, "superuser", d.session, bob), "lock")).reason(), "not-allowed");
}

TEST(user_lock, takes_no_session_that_has_expired) {
  admin_desk d;
  d.now += 25h;
  EXPECT_EQ(d.lock_as_root(d.ada).reason(), "session-not-found");
}

TEST(user_lock, shows_the_account_as_locked) {
  admin_desk d;
  const auto done = d.lock_as_root(d.ada);
  EXPECT_EQ(done.answer["message_codes"], json({"user-locked"}));
  EXPECT_EQ(done.field("user_info")["is_active"], false);
  EXPECT_EQ(done.field("user_info")["user_role"], "locked");
  EXPECT_EQ(done.field("user_info"), d.shown(d.ada));
}

TEST(user_lock, gives_the_stored_role_back_when_unlocked) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) { u.role = "staff"; });
  d.lock_as_root(d.ada);
  const auto done = d.lock_as_root(d.ada, "unlock");
  EXPECT_EQ(done.answer["message_codes"], json({"user-unlocked"}));
  EXPECT_EQ(done.field("user_info")["user_role"], "staff");
  EXPECT_EQ(done.field("user_info")["is_active"], true);
  EXPECT_EQ(done.field("user_info"), d.shown(d.ada));
}

TEST(user_lock, ends_the_user_s_sessions_and_nobody_else_s) {
  admin_desk d;
  const auto elsewhere = d.new_session(d.ada);
  const auto of_bob = d.new_session(d.add_user(bob_email));
  d.lock_as_root(d.ada);
  EXPECT_FALSE(d.is_live(d.session) || d.is_live(elsewhere));
  EXPECT_TRUE(d.is_live(of_bob));
  d.lock_as_root(d.ada, "unlock");
  EXPECT_FALSE(d.is_live(d.session) || d.is_live(elsewhere));
  EXPECT_TRUE(d.is_live(d.new_session(d.ada)));
}

TEST(user_lock, ends_the_keys_of_sessions_and_suspends_the_others) {
  admin_desk d;
  const auto with_session = d.new_key();
  const auto without = d.new_key_nosession();
  d.lock_as_root(d.ada);
  EXPECT_EQ(d.verdict_on(with_session), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "apikey-invalid");
  d.lock_as_root(d.ada, "unlock");
  EXPECT_EQ(d.verdict_on(with_session), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "ok");
}

TEST(user_lock, refuses_logins_until_the_account_is_unlocked) {
  admin_desk d;
  d.lock_as_root(d.ada);
  EXPECT_EQ(d.password_check(ada_email), "account-inactive");
  d.lock_as_root(d.ada, "unlock");
  EXPECT_EQ(d.password_check(ada_email), "ok");
}

TEST(user_lock, is_not_lifted_by_the_end_of_an_automatic_lock) {
  admin_desk d;
  d.fail_until_locked(ada_email);
  d.lock_as_root(d.ada);
  d.now += 2h;
  EXPECT_EQ(d.shown(d.ada)["user_role"], "locked");
}

TEST(user_lock, removes_counter_and_automatic_lock_when_unlocking) {
  admin_desk d;
  d.fail_until_locked(ada_email);
  ASSERT_EQ(d.password_check(ada_email), "locked");
  const auto done = d.lock_as_root(d.ada, "unlock");
  EXPECT_EQ(done.field("user_info")["is_active"], true);
  EXPECT_EQ(done.field("user_info")["user_role"], "authenticated");
  EXPECT_EQ(done.field("user_info")["failed_login_tries"], 0);
  EXPECT_EQ(done.field("user_info"), d.shown(d.ada));
  EXPECT_EQ(notes(done), (lines{"user.unlocked 1 4", "account.autolock-ended  " + ada_email}));
  EXPECT_EQ(d.password_check(ada_email), "ok");
}

TEST(user_lock, removes_both_locks_at_once) {
  admin_desk d;
  d.fail_until_locked(ada_email);
  d.lock_as_root(d.ada);
  EXPECT_EQ(d.lock_as_root(d.ada, "unlock").field("user_info")["user_role"], "authenticated");
}

TEST(user_lock, removes_a_counter_that_has_not_locked_yet) {
  admin_desk d;
  d.ask("user-passcheck-nosession", {{"email", ada_email}, {"password", "wrong"}});
  const auto done = d.lock_as_root(d.ada, "unlock");
  EXPECT_EQ(failures_so_far(*d.store.read(), ada_email, d.now), 0U);
  EXPECT_EQ(notes(done), lines{"user.unlocked 1 4"});
}

TEST(user_lock, keeps_the_counter_when_locking) {
  admin_desk d;
  d.ask("user-passcheck-nosession", {{"email", ada_email}, {"password", "wrong"}});
  EXPECT_EQ(d.lock_as_root(d.ada).field("user_info")["failed_login_tries"], 1);
}

TEST(user_lock, neither_activates_nor_verifies_when_unlocking) {
  admin_desk d;
  d.edit(d.ada, [](storage::user& u) { u.active = false; });
  d.lock_as_root(d.ada);
  EXPECT_EQ(d.lock_as_root(d.ada, "unlock").field("user_info")["is_active"], false);
  d.edit(d.ada, [](storage::user& u) {
    u.active = true;
    u.verified = false;
  });
  d.lock_as_root(d.ada);
  const json info = d.lock_as_root(d.ada, "unlock").field("user_info");
  EXPECT_EQ(info["is_active"], false);
  EXPECT_EQ(info["user_role"], "locked");
}

TEST(user_lock, moves_the_time_of_the_last_update) {
  admin_desk d;
  d.now += 1h;
  EXPECT_EQ(d.lock_as_root(d.ada).field("user_info")["last_updated"], proto::format_time(d.now));
  d.now += 1h;
  EXPECT_EQ(d.lock_as_root(d.ada, "unlock").field("user_info")["last_updated"], proto::format_time(d.now));
}

TEST(user_lock, changes_nothing_where_it_is_already_so) {
  admin_desk d;
  const auto unlocked = d.stored(d.ada);
  d.now += 1h;
  EXPECT_EQ(d.lock_as_root(d.ada, "unlock").answer["message_codes"], json({"user-unlocked"}));
  EXPECT_EQ(d.stored(d.ada).updated, unlocked.updated);
  d.lock_as_root(d.ada);
  const auto locked = d.stored(d.ada);
  d.now += 1h;
  EXPECT_EQ(d.lock_as_root(d.ada).answer["message_codes"], json({"user-locked"}));
  EXPECT_EQ(d.stored(d.ada).updated, locked.updated);
}

// Of two nodes one may not have seen yet what the other changed.
TEST(user_lock, stands_on_the_state_as_it_is_where_it_is_already_so) {
  admin_desk d;
  const auto unlocked = d.stored(d.ada);
  d.lock_as_root(d.ada, "unlock");
  EXPECT_GT(d.stored(d.ada).revision, unlocked.revision);
  d.lock_as_root(d.ada);
  const auto locked = d.stored(d.ada);
  d.lock_as_root(d.ada);
  EXPECT_GT(d.stored(d.ada).revision, locked.revision);
}

// Nor what was counted there against the address: an unlock that is acknowledged ends that lock, too.
TEST(user_lock, does_not_overlook_an_automatic_lock_that_came_meanwhile) {
  for (const bool was_locked : {false, true}) {
    admin_desk d;
    if (was_locked) d.lock_as_root(d.ada);
    const auto late = d.decide_only("internal-user-lock", {{"target_userid", d.ada}, {"action", "unlock"}});
    d.fail_until_locked(ada_email);
    EXPECT_EQ(d.store.commit(late.tx), storage::commit_result::conflict) << was_locked;
    d.lock_as_server(d.ada, "unlock");
    EXPECT_EQ(failures_so_far(*d.store.read(), ada_email, d.now), 0U) << was_locked;
  }
}

TEST(user_lock, is_audited_as_done_by_the_session_s_user) {
  admin_desk d;
  EXPECT_EQ(notes(d.lock_as_root(d.ada)), lines{"user.locked 1 4"});
  EXPECT_EQ(notes(d.lock_as_root(d.ada, "unlock")), lines{"user.unlocked 1 4"});
  EXPECT_EQ(notes(d.lock_as_root(99)), lines{"user.locked 1 99"});
  EXPECT_EQ(notes(d.lock_as_root(99, "unlock")), lines{"user.unlocked 1 99"});
  EXPECT_EQ(notes(d.ask("user-lock", with(d.body_as(1, "superuser", "unknown", 4), "lock"))), lines{"user.locked  4"});
}

TEST(user_lock, does_not_outlive_its_caller_s_role) {
  admin_desk d;
  d.make_superuser(d.ada);
  const auto bob = d.add_user(bob_email);
  EXPECT_EQ(d.second_of_two_at_once("user-lock", with(d.body_as_root(d.ada), "lock"), "user-lock",
                                    with(d.body_as(d.ada, "superuser", d.session, bob), "lock")),
            "session-not-found");
}

TEST(internal_user_lock, is_checked_in_the_order_of_the_contract) {
  admin_desk d;
  const auto body = [](std::int64_t target, const char* action) {
    return json{{"target_userid", target}, {"action", action}};
  };
  d.expect_in_turn("internal-user-lock", {
                                             {body(2, "hug"), "action-invalid"},
                                             {body(2, "lock"), "protected-user"},
                                             {body(3, "unlock"), "protected-user"},
                                             {body(99, "lock"), "user-not-found"},
                                             {body(99, "unlock"), "user-not-found"},
                                             {body(1, "lock"), "last-superuser"},
                                             {body(d.ada, "lock"), "ok"},
                                             {body(d.ada, "unlock"), "ok"},
                                         });
}

TEST(internal_user_lock, locks_and_unlocks_as_user_lock_does) {
  admin_desk d;
  const auto locked = d.lock_as_server(d.ada);
  EXPECT_EQ(locked.answer["message_codes"], json({"user-locked"}));
  EXPECT_EQ(locked.field("user_info")["user_role"], "locked");
  EXPECT_FALSE(d.is_live(d.session));
  d.fail_until_locked(ada_email);
  const auto unlocked = d.lock_as_server(d.ada, "unlock");
  EXPECT_EQ(unlocked.answer["message_codes"], json({"user-unlocked"}));
  EXPECT_EQ(unlocked.field("user_info")["user_role"], "authenticated");
  EXPECT_EQ(unlocked.field("user_info")["failed_login_tries"], 0);
}

TEST(internal_user_lock, is_audited_without_an_actor) {
  admin_desk d;
  EXPECT_EQ(notes(d.lock_as_server(d.ada)), lines{"user.locked  4"});
  EXPECT_EQ(notes(d.lock_as_server(d.ada, "unlock")), lines{"user.unlocked  4"});
}

TEST(internal_user_delete, is_checked_in_the_order_of_the_contract) {
  admin_desk d;
  const auto body = [](std::int64_t target) { return json{{"target_userid", target}}; };
  d.expect_in_turn("internal-user-delete",
                   {
                       {body(2), "protected-user"},
                       {body(3), "protected-user"},
                       {body(99), "user-not-found"},
                       {body(1), "last-superuser"},
                       {body(d.ada), "ok"},
                       {body(d.ada), "user-not-found"},
                   },
                   "user_id");
}

TEST(internal_user_delete, removes_the_account_with_its_sessions_and_keys) {
  admin_desk d;
  const auto with_session = d.new_key();
  const auto without = d.new_key_nosession();
  const auto done = d.remove_as_server(d.ada);
  EXPECT_EQ(done.answer["message_codes"], json({"user-deleted"}));
  EXPECT_EQ(done.field("user_id"), d.ada);
  EXPECT_EQ(notes(done), lines{"user.deleted  4"});
  EXPECT_FALSE(d.is_live(d.session));
  EXPECT_EQ(d.verdict_on(with_session), "apikey-invalid");
  EXPECT_EQ(d.verdict_nosession_on(without.claims), "apikey-invalid");
  EXPECT_EQ(d.refresh(without).reason(), "apikey-invalid");
  EXPECT_EQ(d.ask("user-list", {{"user_id", d.ada}}).field("user_info"), json::array());
}

TEST(internal_user_delete, frees_the_address_but_not_the_id) {
  admin_desk d;
  d.remove_as_server(d.ada);
  EXPECT_GT(d.add_user(ada_email), d.ada);
}

TEST(internal_user_delete, deletes_users_in_every_state) {
  for (bool storage::user::*state : {&storage::user::verified, &storage::user::active, &storage::user::admin_locked}) {
    admin_desk d;
    d.edit(d.ada, [&](storage::user& u) { u.*state = !(u.*state); });
    EXPECT_EQ(d.remove_as_server(d.ada).reason(), "ok");
  }
}

}  // namespace
}  // namespace authnz::actors::test
