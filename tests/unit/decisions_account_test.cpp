#include <gtest/gtest.h>

#include "actors/decisions/attempts.hpp"
#include "desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada = "ada@example.org";
const std::string other_password = "difference engine no. 2";

json sign_up(const std::string& email, const std::string& password = desk::good_password) {
  return {{"full_name", "Ada Lovelace"}, {"email", email}, {"password", password}};
}

json change(std::int64_t id, const std::string& current, const std::string& next) {
  return {{"user_id", id}, {"email", ada}, {"current_password", current}, {"new_password", next}};
}

TEST(user_new, gives_the_first_user_id_four) {
  desk d;
  const auto made = d.ask("user-new", sign_up("Ada@Example.org"));
  EXPECT_EQ(made.field("user_id"), 4);
  EXPECT_EQ(made.field("user_email"), ada);
  EXPECT_EQ(made.field("send_verification"), true);
  EXPECT_EQ(made.computations, 1);
}

TEST(user_new, reads_alike_for_new_and_known_addresses) {
  desk d;
  const auto made = d.ask("user-new", sign_up(ada));
  const auto again = d.ask("user-new", sign_up(ada));
  EXPECT_EQ(made.answer["messages"], again.answer["messages"]);
  EXPECT_EQ(made.answer["message_codes"], again.answer["message_codes"]);
  EXPECT_EQ(made.computations, again.computations);
  EXPECT_EQ(again.reason(), "user-exists");
  EXPECT_EQ(again.field("send_verification"), false);
}

TEST(user_new, writes_for_known_addresses_too_and_not_always_the_same_record) {
  desk d;
  for (int i = 0; i < 3; ++i) d.ask("user-new", sign_up(ada));
  std::vector<std::string> keys;
  d.store.read()->scan(storage::slice::marks, {},
                       [&](std::string_view key, const storage::record&) { return keys.emplace_back(key), true; });
  EXPECT_EQ(keys.size(), 2U);
  const std::string_view prefix = "last-known-sign-up-";
  for (const auto& key : keys) {
    EXPECT_TRUE(key.starts_with(prefix)) << key;
    EXPECT_EQ(key.substr(prefix.size()).find_first_not_of("0123456789abcdef"), std::string::npos) << key;
    EXPECT_EQ(key.size(), prefix.size() + 2);
  }
}

TEST(user_new, renews_a_sign_up_that_was_never_verified_after_the_wait) {
  desk d;
  d.ask("user-new", sign_up(ada));
  d.now += 6h + 1us;
  const auto again = d.ask("user-new", sign_up(ada, other_password));
  EXPECT_EQ(again.field("send_verification"), true);
  EXPECT_EQ(again.field("user_id"), 4);
  EXPECT_EQ(storage::find_user(*d.store.read(), 4)->password_hash, "hash:" + other_password);
}

TEST(user_new, overlays_the_information_of_a_renewed_sign_up_word_for_word) {
  desk d;
  auto body = sign_up(ada);
  body["extra_info"] = {{"kept", 1}, {"given", 1}};
  d.ask("user-new", body);
  d.now += 7h;
  body["extra_info"] = {{"given", "__delete__"}};
  d.ask("user-new", body);
  const auto info = d.ask("user-lookup-email", {{"email", ada}}).field("user_info")["extra_info"];
  EXPECT_EQ(info["kept"], 1);
  EXPECT_EQ(info["given"], "__delete__");
}

TEST(user_new, does_not_let_the_information_grow_with_every_renewal) {
  desk d;
  for (int i = 0; i < 5; ++i) {
    auto body = sign_up(ada);
    for (int k = 0; k < 10; ++k) body["extra_info"][std::to_string(100 * i + k)] = std::string(4000, 'x');
    d.ask("user-new", body);
    d.now += 7h;
  }
  EXPECT_LE(storage::find_user(*d.store.read(), 4)->extra_info->size(), d.config->limits.extra_info + 200);
}

TEST(user_new, never_renews_a_verified_account) {
  desk d;
  d.add_user(ada);
  d.now += 1000h;
  EXPECT_EQ(d.ask("user-new", sign_up(ada, other_password)).field("send_verification"), false);
  EXPECT_EQ(storage::find_user(*d.store.read(), 4)->password_hash, "hash:" + std::string(desk::good_password));
}

TEST(user_new, knows_the_seeded_addresses) {
  desk d;
  EXPECT_EQ(d.ask("user-new", sign_up("anonuser@localhost")).reason(), "user-exists");
}

TEST(user_new, refuses_a_system_id_of_another_account_for_ever) {
  desk d;
  auto body = sign_up(ada);
  body["system_id"] = "s-1";
  const auto id = d.ask("user-new", body).field("user_id");
  body["email"] = "bob@example.org";
  EXPECT_EQ(d.ask("user-new", body).reason(), "system-id-taken");
  d.ask("user-delete", {{"email", ada}, {"user_id", id}, {"password", desk::good_password}});
  EXPECT_EQ(d.ask("user-new", body).reason(), "system-id-taken");
}

TEST(user_new, never_gives_an_id_twice) {
  desk d;
  const auto first = d.add_user(ada);
  d.ask("user-delete", {{"email", ada}, {"user_id", first}, {"password", desk::good_password}});
  EXPECT_EQ(d.add_user(ada), first + 1);
}

TEST(user_new, refuses_breached_passwords_and_lets_them_pass_when_the_list_is_out_of_reach) {
  desk d;
  d.breach_matches = 25;
  EXPECT_EQ(d.ask("user-new", sign_up(ada)).answer["message_codes"], json({"password-breached"}));
  d.breach_matches = std::nullopt;
  EXPECT_EQ(d.ask("user-new", sign_up(ada)).reason(), "ok");
}

TEST(user_changepass, ends_all_sessions_but_the_one_given) {
  desk d;
  const auto id = d.add_user(ada);
  const auto mine = d.new_session(id);
  const auto elsewhere = d.new_session(id);
  auto body = change(id, desk::good_password, other_password);
  body["session_token"] = mine;
  EXPECT_EQ(d.ask("user-changepass", body).reason(), "ok");
  EXPECT_TRUE(d.is_live(mine));
  EXPECT_FALSE(d.is_live(elsewhere));
}

TEST(user_changepass, ends_all_sessions_without_one) {
  desk d;
  const auto id = d.add_user(ada);
  const auto token = d.new_session(id);
  EXPECT_EQ(d.ask("user-changepass-nosession", change(id, desk::good_password, other_password)).reason(), "ok");
  EXPECT_FALSE(d.is_live(token));
}

TEST(user_changepass, does_not_take_the_session_of_another) {
  desk d;
  const auto id = d.add_user(ada);
  auto body = change(id, desk::good_password, other_password);
  body["session_token"] = d.new_session();
  const auto refused = d.ask("user-changepass", body);
  EXPECT_EQ(refused.reason(), "not-allowed");
  EXPECT_EQ(refused.answer["message_codes"], json({"session-not-found"}));
  EXPECT_EQ(refused.computations, 1);
  EXPECT_EQ(refused.hold, 0us);
}

TEST(user_changepass, forgets_failures_even_if_the_new_password_is_refused) {
  desk d;
  const auto id = d.add_user(ada);
  d.ask("user-changepass", change(id, "wrong", other_password));
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 1U);
  EXPECT_EQ(d.ask("user-changepass", change(id, desk::good_password, "short")).reason(), "password-insecure");
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 0U);
}

TEST(user_changepass, wants_a_new_password) {
  desk d;
  const auto id = d.add_user(ada);
  EXPECT_EQ(d.ask("user-changepass", change(id, desk::good_password, desk::good_password)).reason(),
            "password-unchanged");
}

TEST(user_changepass, refuses_a_pair_that_is_not_one_account) {
  desk d;
  d.add_user(ada);
  EXPECT_EQ(d.ask("user-changepass", change(1, desk::good_password, other_password)).reason(), "invalid-credentials");
}

TEST(user_delete, ends_the_sessions_with_the_account) {
  desk d;
  const auto id = d.add_user(ada);
  const auto token = d.new_session(id);
  EXPECT_EQ(d.ask("user-delete", {{"email", ada}, {"user_id", id}, {"password", desk::good_password}}).reason(), "ok");
  EXPECT_FALSE(d.is_live(token));
  EXPECT_EQ(d.ask("user-lookup-email", {{"email", ada}}).reason(), "user-not-found");
}

TEST(user_delete, deletes_no_superuser) {
  desk d;
  d.edit(1, [](storage::user& u) { u.password_hash = "hash:x"; });
  const json body{{"email", "root@localhost"}, {"user_id", 1}, {"password", "x"}};
  EXPECT_EQ(d.ask("user-delete", body).reason(), "last-superuser");
  const auto id = d.add_user(ada);
  d.edit(id, [](storage::user& u) { u.role = "superuser"; });
  EXPECT_EQ(d.ask("user-delete", body).reason(), "not-allowed");
}

TEST(user_delete, works_for_accounts_that_were_never_verified) {
  desk d;
  d.ask("user-new", sign_up(ada));
  EXPECT_EQ(d.ask("user-delete", {{"email", ada}, {"user_id", 4}, {"password", desk::good_password}}).reason(), "ok");
}

TEST(user_list, pages_by_ascending_id) {
  desk d;
  const auto first = d.ask("user-list", {{"user_id", nullptr}, {"limit", 2}});
  EXPECT_EQ(first.field("user_info").size(), 2U);
  EXPECT_EQ(first.field("next_after"), 2);
  const auto rest = d.ask("user-list", {{"user_id", nullptr}, {"limit", 2}, {"after", 2}});
  EXPECT_EQ(rest.field("user_info").size(), 1U);
  EXPECT_EQ(rest.field("next_after"), nullptr);
}

TEST(session_new, refuses_users_who_may_not_have_one) {
  desk d;
  const auto ask = [&](std::int64_t id) {
    return d.ask("session-new", {{"ip_address", "::ffff:192.0.2.1"},
                                 {"user_agent", ""},
                                 {"user_id", id},
                                 {"expires", 1},
                                 {"extra_info_json", nullptr}});
  };
  EXPECT_EQ(ask(3).reason(), "account-inactive");
  EXPECT_EQ(ask(99).reason(), "user-not-found");
  EXPECT_EQ(ask(99).answer["messages"], ask(3).answer["messages"]);
}

TEST(session_new, reads_days_and_times) {
  desk d;
  const auto ask = [&](json expires) {
    return d.ask("session-new", {{"ip_address", "192.0.2.1"},
                                 {"user_agent", ""},
                                 {"user_id", nullptr},
                                 {"expires", std::move(expires)},
                                 {"extra_info_json", nullptr}});
  };
  EXPECT_EQ(ask(0).reason(), "expires-in-past");
  EXPECT_EQ(ask(-9'000'000'000'000).reason(), "expires-in-past");
  EXPECT_EQ(ask(9'000'000'000'000).reason(), "expires-invalid");
  EXPECT_EQ(ask("2001-01-01T00:00:00Z").reason(), "expires-in-past");
  EXPECT_EQ(ask("soon").reason(), "expires-invalid");
  EXPECT_EQ(ask("2050-01-01T00:00:00").field("expires"), "2050-01-01T00:00:00");
}

TEST(session_delete_userid, keeps_the_current_session_when_asked) {
  desk d;
  const auto id = d.add_user(ada);
  const auto mine = d.new_session(id);
  const auto elsewhere = d.new_session(id);
  const json body{{"session_token", mine}, {"user_id", id}, {"keep_current_session", true}};
  EXPECT_EQ(d.ask("session-delete-userid", body).reason(), "ok");
  EXPECT_TRUE(d.is_live(mine));
  EXPECT_FALSE(d.is_live(elsewhere));
  EXPECT_EQ(d.ask("session-delete-userid", body).reason(), "nothing-to-delete");
}

TEST(internal_session_edit, merges_and_deletes_keys) {
  desk d;
  const auto token = d.new_session();
  d.ask("internal-session-edit", {{"target_session_token", token}, {"update_dict", {{"a", 1}, {"b", 2}}}});
  const auto done = d.ask("internal-session-edit",
                          {{"target_session_token", token}, {"update_dict", {{"a", "__delete__"}, {"c", nullptr}}}});
  EXPECT_EQ(done.field("session_info")["extra_info_json"], json({{"b", 2}, {"c", nullptr}}));
}

TEST(internal_session_edit, refuses_what_grows_too_large) {
  desk d;
  const auto token = d.new_session();
  const auto put = [&](const char* key) {
    return d.ask("internal-session-edit",
                 {{"target_session_token", token}, {"update_dict", {{key, std::string(4000, 'x')}}}});
  };
  std::string reason;
  for (int i = 0; i < 17 && reason != "extra-info-too-large"; ++i) reason = put(std::to_string(i).c_str()).reason();
  EXPECT_EQ(reason, "extra-info-too-large");
}

}  // namespace
}  // namespace authnz::actors::test
