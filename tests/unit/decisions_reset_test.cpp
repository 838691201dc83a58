#include <gtest/gtest.h>

#include "actors/decisions/attempts.hpp"
#include "desk.hpp"
#include "proto/token.hpp"
#include "storage/session_store.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada = "ada@example.org";
const std::string new_password = "difference engine no. 2";

outcome reset(desk& d, const std::string& token, const std::string& email = ada,
              const std::string& password = new_password) {
  return d.ask("user-resetpass", {{"email_address", email}, {"new_password", password}, {"session_token", token}});
}

outcome reset_nosession(desk& d, bool required_active, const std::string& email = ada,
                        const std::string& password = new_password) {
  return d.ask("user-resetpass-nosession",
               {{"email_address", email}, {"new_password", password}, {"required_active", required_active}});
}

storage::user stored(desk& d, std::int64_t id) { return *storage::find_user(*d.store.read(), id); }

void fail_ten_times(desk& d) {
  for (int i = 0; i < 10; ++i) d.ask("user-passcheck-nosession", {{"email", ada}, {"password", "wrong"}});
}

// The store numbers its writes, and a new session is one.
std::uint64_t number_of_next_write(desk& d) {
  return storage::find_session(*d.store.read(), *proto::token_key(d.new_session()))->revision;
}

TEST(user_resetpass, sets_the_new_password_with_one_computation) {
  desk d;
  const auto id = d.add_user(ada);
  const auto done = reset(d, d.new_session(), "Ada@Example.ORG");
  EXPECT_EQ(done.reason(), "ok");
  EXPECT_EQ(done.answer["message_codes"], json({"password-changed"}));
  EXPECT_EQ(done.computations, 1);
  EXPECT_EQ(stored(d, id).password_hash, "hash:" + new_password);
}

TEST(user_resetpass, wants_a_live_session_before_anything_else) {
  desk d;
  d.add_user(ada);
  const auto expired = d.new_session();
  d.now += 24h;
  for (const std::string& token : {std::string("no token"), expired}) {
    const auto refused = reset(d, token, ada, "weak");
    EXPECT_EQ(refused.reason(), "session-not-found");
    EXPECT_EQ(refused.answer["message_codes"], json({"session-not-found"}));
    EXPECT_EQ(refused.computations, 0);
  }
}

TEST(user_resetpass, takes_no_session_of_another_user_for_known_and_unknown_addresses) {
  desk d;
  d.add_user(ada);
  const auto others = d.new_session(d.add_user("bob@example.org"));
  for (const std::string& email : {ada, std::string("nobody@example.org")}) {
    const auto refused = reset(d, others, email, "weak");
    EXPECT_EQ(refused.reason(), "not-allowed");
    EXPECT_EQ(refused.answer["message_codes"], json({"reset-failed"}));
    EXPECT_EQ(refused.computations, 0);
  }
}

TEST(user_resetpass, keeps_the_user_s_own_session_and_ends_the_others) {
  desk d;
  const auto id = d.add_user(ada);
  const auto mine = d.new_session(id);
  const auto elsewhere = d.new_session(id);
  EXPECT_EQ(reset(d, mine).reason(), "ok");
  EXPECT_TRUE(d.is_live(mine));
  EXPECT_FALSE(d.is_live(elsewhere));
}

TEST(user_resetpass, ends_all_sessions_of_the_user_when_asked_with_an_anonymous_one) {
  desk d;
  const auto of_ada = d.new_session(d.add_user(ada));
  const auto anonymous = d.new_session();
  EXPECT_EQ(reset(d, anonymous).reason(), "ok");
  EXPECT_FALSE(d.is_live(of_ada));
  EXPECT_TRUE(d.is_live(anonymous));
}

TEST(user_resetpass, ends_api_keys_of_both_kinds) {
  desk d;
  const auto id = d.add_user(ada);
  const auto before = stored(d, id);
  reset(d, d.new_session(id));
  const auto after = stored(d, id);
  EXPECT_EQ(after.apikey_epoch, before.apikey_epoch + 1);
  EXPECT_EQ(after.session_apikey_epoch, before.session_apikey_epoch + 1);
}

TEST(user_resetpass, refuses_a_long_password_without_a_computation) {
  desk d;
  const auto refused = reset(d, d.new_session(), "nobody@example.org", std::string(1025, 'x'));
  EXPECT_EQ(refused.reason(), "password-too-long");
  EXPECT_EQ(refused.answer["message_codes"], json({"password-too-long"}));
  EXPECT_EQ(refused.computations, 0);
}

TEST(user_resetpass, judges_the_password_before_it_looks_at_the_account) {
  desk d;
  const auto refused = reset(d, d.new_session(), "nobody@example.org", "1234");
  EXPECT_EQ(refused.reason(), "password-insecure");
  EXPECT_EQ(refused.answer["message_codes"], json({"password-too-short", "password-numeric"}));
  EXPECT_EQ(refused.computations, 0);
}

TEST(user_resetpass, compares_the_password_with_the_address_and_the_stored_name) {
  desk d;
  const auto id = d.add_user(ada);
  d.edit(id, [](storage::user& u) { u.full_name = "O&#x27;Hara &amp; Daughters"; });
  EXPECT_EQ(reset(d, d.new_session(), ada, "o'hara & daughters").answer["message_codes"],
            json({"password-too-similar"}));
  EXPECT_EQ(reset(d, d.new_session(), ada, ada).answer["message_codes"], json({"password-too-similar"}));
}

TEST(user_resetpass, refuses_breached_passwords) {
  desk d;
  d.add_user(ada);
  d.breach_matches = 25;
  const auto refused = reset(d, d.new_session());
  EXPECT_EQ(refused.answer["message_codes"], json({"password-breached"}));
  EXPECT_EQ(refused.computations, 0);
}

TEST(user_resetpass, refuses_unknown_and_protected_addresses_after_one_computation) {
  desk d;
  for (const char* email : {"nobody@example.org", "anonuser@localhost", "dummyuser@localhost"}) {
    const auto refused = reset(d, d.new_session(), email);
    EXPECT_EQ(refused.reason(), "user-not-found") << email;
    EXPECT_EQ(refused.computations, 1) << email;
  }
}

TEST(user_resetpass, refuses_accounts_that_are_not_in_good_standing_after_one_computation) {
  desk d;
  const auto id = d.add_user(ada);
  const auto standing = stored(d, id);
  for (auto state : {&storage::user::verified, &storage::user::active}) {
    d.edit(id, [&](storage::user& u) { u.*state = false; });
    const auto refused = reset(d, d.new_session());
    EXPECT_EQ(refused.reason(), "account-inactive");
    EXPECT_EQ(refused.computations, 1);
    d.edit(id, [&](storage::user& u) { u.*state = true; });
  }
  d.edit(id, [](storage::user& u) { u.admin_locked = true; });
  EXPECT_EQ(reset(d, d.new_session()).reason(), "account-inactive");
  EXPECT_EQ(stored(d, id).password_hash, standing.password_hash);
}

TEST(user_resetpass, reads_alike_for_every_refusal_that_depends_on_the_account) {
  desk d;
  const auto id = d.add_user(ada);
  const auto others = d.new_session(d.add_user("bob@example.org"));
  d.edit(id, [](storage::user& u) { u.active = false; });
  const auto unknown = reset(d, d.new_session(), "nobody@example.org").answer;
  EXPECT_EQ(unknown["message_codes"], json({"reset-failed"}));
  for (const auto& refused :
       {reset(d, d.new_session()), reset(d, others), reset_nosession(d, true), reset_nosession(d, true, "no@where")})
    EXPECT_EQ(refused.answer["messages"], unknown["messages"]) << refused.answer;
}

TEST(user_resetpass, writes_nothing_where_it_refuses_whatever_the_address) {
  desk d;
  const auto id = d.add_user(ada);
  d.edit(id, [](storage::user& u) { u.active = false; });
  const auto token = d.new_session();
  const auto before = number_of_next_write(d);
  reset(d, token);
  reset(d, token, "nobody@example.org");
  reset_nosession(d, true);
  reset_nosession(d, true, "nobody@example.org");
  EXPECT_EQ(number_of_next_write(d), before + 1);
}

TEST(user_resetpass, takes_the_present_password_again) {
  desk d;
  d.add_user(ada);
  EXPECT_EQ(reset(d, d.new_session(), ada, desk::good_password).reason(), "ok");
}

TEST(user_resetpass, moves_the_time_of_the_last_update) {
  desk d;
  const auto id = d.add_user(ada);
  d.now += 1h;
  reset(d, d.new_session());
  EXPECT_EQ(stored(d, id).updated, d.now);
}

TEST(user_resetpass, works_under_the_automatic_lock_and_leaves_it) {
  desk d;
  d.add_user(ada);
  fail_ten_times(d);
  const auto lock = automatic_lock(*d.store.read(), ada, d.now);
  EXPECT_EQ(reset(d, d.new_session()).reason(), "ok");
  EXPECT_TRUE(lock.has_value());
  EXPECT_EQ(automatic_lock(*d.store.read(), ada, d.now), lock);
  EXPECT_EQ(failures_so_far(*d.store.read(), ada, d.now), 10U);
}

TEST(user_resetpass, is_audited_with_who_asked_and_whose_password_it_is) {
  desk d;
  const auto id = d.add_user(ada);
  const auto done = reset(d, d.new_session(id)).audit;
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].event, "user.password-reset");
  EXPECT_EQ(done[0].actor, std::to_string(id));
  EXPECT_EQ(done[0].target, std::to_string(id));
  const auto refused = reset_nosession(d, true, "Nobody@example.org").audit;
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].actor, "");
  EXPECT_EQ(refused[0].target, "nobody@example.org");
}

TEST(user_resetpass_nosession, ends_all_sessions_and_keys) {
  desk d;
  const auto id = d.add_user(ada);
  const auto token = d.new_session(id);
  const auto before = stored(d, id);
  const auto done = reset_nosession(d, true);
  EXPECT_EQ(done.reason(), "ok");
  EXPECT_EQ(done.answer["message_codes"], json({"password-changed"}));
  EXPECT_EQ(done.computations, 1);
  EXPECT_FALSE(d.is_live(token));
  const auto after = stored(d, id);
  EXPECT_EQ(after.password_hash, "hash:" + new_password);
  EXPECT_EQ(after.apikey_epoch, before.apikey_epoch + 1);
  EXPECT_EQ(after.session_apikey_epoch, before.session_apikey_epoch + 1);
}

TEST(user_resetpass_nosession, resets_inactive_accounts_only_when_asked_and_activates_none) {
  desk d;
  const auto id = d.add_user(ada);
  EXPECT_EQ(reset_nosession(d, false).reason(), "active-state-mismatch");
  d.edit(id, [](storage::user& u) { u.active = u.verified = false; });
  const auto refused = reset_nosession(d, true);
  EXPECT_EQ(refused.reason(), "active-state-mismatch");
  EXPECT_EQ(refused.answer["message_codes"], json({"reset-failed"}));
  EXPECT_EQ(refused.computations, 1);
  EXPECT_EQ(reset_nosession(d, false).reason(), "ok");
  EXPECT_FALSE(stored(d, id).active);
  EXPECT_FALSE(stored(d, id).verified);
}

TEST(user_resetpass_nosession, refuses_unknown_and_protected_addresses_whatever_state_is_required) {
  desk d;
  for (const bool active : {true, false})
    for (const char* email : {"nobody@example.org", "anonuser@localhost", "dummyuser@localhost"}) {
      const auto refused = reset_nosession(d, active, email);
      EXPECT_EQ(refused.reason(), "user-not-found") << email;
      EXPECT_EQ(refused.computations, 1) << email;
    }
}

TEST(user_resetpass_nosession, judges_the_password_first) {
  desk d;
  EXPECT_EQ(reset_nosession(d, true, "nobody@example.org", "1234").reason(), "password-insecure");
  EXPECT_EQ(reset_nosession(d, true, "nobody@example.org", std::string(1025, 'x')).reason(), "password-too-long");
}

outcome email_sent(desk& d, const std::string& type, const std::string& email = ada) {
  return d.ask("user-set-emailsent", {{"email", email}, {"email_type", type}});
}

TEST(user_set_emailsent, records_the_time_of_the_one_kind_alone) {
  desk d;
  const auto id = d.add_user(ada);
  const auto signed_up = proto::format_time(d.now);
  d.now += 1h;
  const auto forgot = email_sent(d, "forgotpass", "ADA@example.org");
  EXPECT_EQ(forgot.reason(), "ok");
  EXPECT_EQ(forgot.answer["message_codes"], json({"email-sent-recorded"}));
  EXPECT_EQ(forgot.field("emailforgotpass_sent_datetime"), proto::format_time(d.now));
  EXPECT_EQ(forgot.field("emailverify_sent_datetime"), signed_up);
  EXPECT_EQ(stored(d, id).emailforgotpass_sent, d.now);
  d.now += 1h;
  const auto verify = email_sent(d, "signup");
  EXPECT_EQ(verify.field("emailverify_sent_datetime"), proto::format_time(d.now));
  EXPECT_EQ(verify.field("emailforgotpass_sent_datetime"), proto::format_time(d.now - 1h));
  EXPECT_EQ(stored(d, id).emailverify_sent, d.now);
}

TEST(user_set_emailsent, presents_the_user) {
  desk d;
  const auto id = d.add_user(ada);
  fail_ten_times(d);
  const auto done = email_sent(d, "signup");
  EXPECT_EQ(done.field("user_id"), id);
  EXPECT_EQ(done.field("email"), ada);
  EXPECT_EQ(done.field("is_active"), false);
  EXPECT_EQ(done.field("user_role"), "locked");
}

TEST(user_set_emailsent, looks_at_the_type_then_the_address) {
  desk d;
  const auto wrong_type = email_sent(d, "changepass", "nobody@example.org");
  EXPECT_EQ(wrong_type.reason(), "email-type-invalid");
  EXPECT_EQ(wrong_type.answer["message_codes"], json({"email-type-invalid"}));
  const auto unknown = email_sent(d, "signup", "nobody@example.org");
  EXPECT_EQ(unknown.reason(), "user-not-found");
  const auto seeded = email_sent(d, "signup", "anonuser@localhost");
  EXPECT_EQ(seeded.reason(), "protected-user");
  EXPECT_EQ(unknown.answer["message_codes"], json({"request-failed"}));
  EXPECT_EQ(seeded.answer["messages"], unknown.answer["messages"]);
  for (const auto* field :
       {"user_id", "email", "is_active", "user_role", "emailverify_sent_datetime", "emailforgotpass_sent_datetime"})
    EXPECT_EQ(unknown.field(field), nullptr) << field;
}

TEST(user_set_emailsent, is_audited) {
  desk d;
  const auto id = d.add_user(ada);
  const auto notes = email_sent(d, "signup").audit;
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].event, "user.email-sent-recorded");
  EXPECT_EQ(notes[0].target, std::to_string(id));
}

bool tells_of_ended_lock(const outcome& o) {
  return std::ranges::count(o.audit, "account.autolock-ended", &audit_note::event) == 1;
}

outcome passcheck(desk& d, const std::string& password, const std::string& email = ada) {
  return d.ask("user-passcheck-nosession", {{"email", email}, {"password", password}});
}

constexpr auto lock_and_hold = 3600s + 38444ms;  // the tenth hold is 1.5^9 s = 38.4434 s

TEST(automatic_lock, is_told_to_have_ended_by_the_next_attempt_that_finds_it_over_and_by_no_other) {
  for (const std::string& password : {std::string(desk::good_password), std::string("wrong")}) {
    desk d;
    d.add_user(ada);
    fail_ten_times(d);
    EXPECT_FALSE(tells_of_ended_lock(passcheck(d, password)));
    d.now += lock_and_hold;
    const auto first = passcheck(d, password);
    EXPECT_TRUE(tells_of_ended_lock(first)) << password;
    EXPECT_EQ(first.audit.back().target, ada);
    EXPECT_TRUE(first.audit.back().always_ok);
    EXPECT_FALSE(tells_of_ended_lock(passcheck(d, password))) << password;
  }
}

TEST(automatic_lock, is_told_to_have_ended_for_unknown_addresses_too) {
  desk d;
  fail_ten_times(d);
  d.now += lock_and_hold;
  EXPECT_TRUE(tells_of_ended_lock(passcheck(d, "wrong")));
}

TEST(automatic_lock, is_not_told_of_where_a_counter_goes_that_never_locked) {
  desk d;
  d.add_user(ada);
  passcheck(d, "wrong");
  EXPECT_FALSE(tells_of_ended_lock(passcheck(d, desk::good_password)));
  passcheck(d, "wrong");
  d.now += 24h;
  EXPECT_FALSE(tells_of_ended_lock(passcheck(d, "wrong")));
}

TEST(automatic_lock, is_told_to_have_ended_when_somebody_removes_it_early) {
  desk d;
  fail_ten_times(d);
  proto::call none;
  const auto view = d.store.read();
  const facts known;
  const chance random;
  finish end;
  forget_failures({*view, none, *d.config, known, random, d.ids, d.now, d.now}, ada, end);
  ASSERT_EQ(end.audit.size(), 1U);
  EXPECT_EQ(end.audit[0].event, "account.autolock-ended");
  EXPECT_EQ(d.store.commit(end.tx), storage::commit_result::applied);
  EXPECT_EQ(automatic_lock(*d.store.read(), ada, d.now), std::nullopt);
}

}  // namespace
}  // namespace authnz::actors::test
