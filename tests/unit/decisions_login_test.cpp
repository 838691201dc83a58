#include <gtest/gtest.h>

#include "actors/decisions/attempts.hpp"
#include "desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada = "ada@example.org";

json login(const std::string& token, const std::string& email, const std::string& password) {
  return {{"session_token", token}, {"email", email}, {"password", password}};
}

// Logs in with a session of its own.
outcome try_login(desk& d, const std::string& email, const std::string& password) {
  return d.ask("user-login", login(d.new_session(), email, password));
}

TEST(user_login, gives_id_and_role_and_ends_the_session) {
  desk d;
  const auto id = d.add_user(ada);
  const auto token = d.new_session();
  const auto done = d.ask("user-login", login(token, "Ada@Example.ORG", desk::good_password));
  EXPECT_EQ(done.reason(), "ok");
  EXPECT_EQ(done.field("user_id"), id);
  EXPECT_EQ(done.field("user_role"), "authenticated");
  EXPECT_FALSE(d.is_live(token));
}

TEST(user_login, computes_once_on_every_path) {
  desk d;
  d.add_user(ada);
  d.edit(4, [](storage::user& u) { u.password_hash = "hash:" + std::string(desk::good_password); });
  EXPECT_EQ(try_login(d, "nobody@example.org", "x").computations, 1);
  EXPECT_EQ(try_login(d, ada, "wrong").computations, 1);
  EXPECT_EQ(d.ask("user-login", login("no token", ada, desk::good_password)).computations, 1);
  EXPECT_EQ(try_login(d, "anonuser@localhost", "x").computations, 1);
  d.edit(4, [](storage::user& u) { u.active = false; });
  EXPECT_EQ(try_login(d, ada, desk::good_password).computations, 1);
}

TEST(user_login, computes_nothing_for_a_password_that_is_too_long) {
  desk d;
  const auto refused = try_login(d, ada, std::string(1025, 'x'));
  EXPECT_EQ(refused.reason(), "password-too-long");
  EXPECT_EQ(refused.computations, 0);
  EXPECT_EQ(refused.hold, 0us);
}

TEST(user_login, reads_alike_for_every_failure) {
  desk d;
  d.add_user(ada);
  const auto unknown = try_login(d, "nobody@example.org", "x").answer;
  const auto wrong = try_login(d, ada, "wrong").answer;
  d.edit(4, [](storage::user& u) { u.admin_locked = true; });
  const auto locked = try_login(d, ada, desk::good_password).answer;
  EXPECT_EQ(unknown, wrong);
  EXPECT_EQ(unknown, locked);
  EXPECT_EQ(unknown["response"]["failure_reason"], "invalid-credentials");
}

TEST(user_login, keeps_the_session_when_it_is_unknown_and_counts_nothing) {
  desk d;
  d.add_user(ada);
  const auto refused = d.ask("user-login", login("unknown", ada, "wrong"));
  EXPECT_EQ(refused.reason(), "session-not-found");
  EXPECT_EQ(refused.hold, 0us);
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 0U);
}

TEST(user_login, holds_failures_longer_and_longer_up_to_forty_seconds) {
  desk d;
  EXPECT_EQ(try_login(d, ada, "x").hold, 1s);
  EXPECT_EQ(try_login(d, ada, "x").hold, 1500ms);
  EXPECT_EQ(try_login(d, ada, "x").hold, 2250ms);
  EXPECT_EQ(hold_after(100), 40s);
}

TEST(user_login, locks_known_and_unknown_accounts_at_the_configured_failure) {
  desk d;
  d.add_user(ada);
  for (const std::string& email : {ada, std::string("nobody@example.org")}) {
    for (int i = 0; i < 9; ++i) EXPECT_EQ(try_login(d, email, "x").reason(), "invalid-credentials");
    const auto tenth = try_login(d, email, "x");
    EXPECT_EQ(tenth.reason(), "invalid-credentials");
    EXPECT_EQ(tenth.audit.back().event, "account.autolocked");
    const auto locked = try_login(d, email, desk::good_password);
    EXPECT_EQ(locked.reason(), "locked");
    EXPECT_EQ(locked.hold, 0us);
    EXPECT_EQ(locked.computations, 1);
  }
}

TEST(user_login, is_possible_again_when_the_lock_is_over) {
  desk d;
  d.add_user(ada);
  for (int i = 0; i < 10; ++i) try_login(d, ada, "x");
  d.now += 3600s + 38444ms;  // the tenth hold is 1.5^9 s = 38.4434 s
  EXPECT_EQ(try_login(d, ada, desk::good_password).reason(), "ok");
  EXPECT_EQ(try_login(d, ada, "x").hold, 1s);
}

TEST(user_login, forgets_failures_after_a_day) {
  desk d;
  try_login(d, ada, "x");
  try_login(d, ada, "x");
  d.now += 24h;
  EXPECT_EQ(try_login(d, ada, "x").hold, 1s);
}

TEST(user_login, rehashes_when_the_parameters_have_moved_on) {
  desk d;
  d.add_user(ada);  // "hash:..." is no hash of the present parameters
  EXPECT_EQ(try_login(d, ada, desk::good_password).computations, 2);
}

TEST(user_info, shows_the_automatic_lock_and_session_info_does_not) {
  desk d;
  const auto id = d.add_user(ada);
  const auto token = d.new_session(id);
  for (int i = 0; i < 10; ++i) try_login(d, ada, "x");
  const auto user = d.ask("user-lookup-email", {{"email", ada}}).field("user_info");
  EXPECT_EQ(user["is_active"], false);
  EXPECT_EQ(user["user_role"], "locked");
  EXPECT_EQ(user["failed_login_tries"], 10);
  const auto session = d.ask("session-exists", {{"session_token", token}}).field("session_info");
  EXPECT_EQ(session["is_active"], true);
  EXPECT_EQ(session["user_role"], "authenticated");
}

TEST(user_passcheck, tells_the_frontend_of_an_account_that_is_not_in_good_standing) {
  desk d;
  const auto id = d.add_user(ada);
  d.edit(id, [](storage::user& u) { u.active = false; });
  const auto refused = d.ask("user-passcheck-nosession", {{"email", ada}, {"password", desk::good_password}});
  EXPECT_EQ(refused.reason(), "account-inactive");
  EXPECT_EQ(refused.field("user_id"), id);
  EXPECT_EQ(refused.answer["message_codes"], json({"invalid-credentials"}));
  EXPECT_EQ(refused.hold, 1s);
}

TEST(user_passcheck, counts_against_the_account_of_the_session) {
  desk d;
  const auto token = d.new_session(d.add_user(ada));
  d.ask("user-passcheck", {{"session_token", token}, {"password", "wrong"}});
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 1U);
  EXPECT_EQ(d.ask("user-passcheck", {{"session_token", token}, {"password", desk::good_password}}).reason(), "ok");
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 0U);
  EXPECT_TRUE(d.is_live(token));
}

}  // namespace
}  // namespace authnz::actors::test
