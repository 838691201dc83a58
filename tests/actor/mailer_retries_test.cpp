// What waits in the outbox.
#include "mailer_rig.hpp"

namespace authnz::actors::test {
namespace {

TEST_F(mailer_actor_test, sends_at_its_start_what_is_due) {
  add(7);
  start();
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->mail.text, "7");
  EXPECT_EQ(posted[0]->mail.recipient, "b@example.org");
}

TEST_F(mailer_actor_test, looks_again_when_told_that_a_message_is_due_earlier) {
  start();
  pass(1s);
  add(7);
  stepped.run();
  ASSERT_TRUE(posted.empty());
  caf::anon_send(actor, flush_atom::value);
  stepped.run();
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, removes_what_was_accepted_and_never_sends_it_again) {
  add(7);
  start();
  end_attempt(delivery::accepted);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::accepted), 1);
  pass(25h, 1min);
  stop();
  start();
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, doubles_the_delay_of_retries_up_to_an_hour) {
  add(7);
  start();
  end_attempt(delivery::deferred);
  // The one before this was the first.
  for (const auto delay : {2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    pass(delay - 1s);
    EXPECT_TRUE(posted.empty()) << delay.count();
    pass(1s);
    ASSERT_EQ(posted.size(), 1U) << delay.count();
    end_attempt(delivery::deferred);
  }
  EXPECT_EQ(waiting(), 1U);
}

TEST_F(mailer_actor_test, gives_a_message_up_after_a_day) {
  add(7);
  start();
  const auto end = now + 24h;
  int attempts = 0;
  while (now < end - 10s) {
    if (!posted.empty()) end_attempt(delivery::deferred), ++attempts;
    pass(10s, 10s);
  }
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(attempts, 28);
  pass(20s, 10s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::given_up), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, gives_up_at_its_start_what_became_too_old_meanwhile) {
  add(7);
  now += 24h;
  start();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::given_up), 1);
}

TEST_F(mailer_actor_test, drops_a_message_that_is_refused_in_a_retry) {
  add(7);
  start();
  end_attempt(delivery::refused);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::refused), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, drops_what_no_key_opens_any_more) {
  add(7);
  config = test_settings(another_key);
  start();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::unreadable), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, tells_of_damaged_records_and_sends_the_others) {
  add(7);
  storage::mini_transaction tx;
  tx.writes.push_back({storage::slice::outbox, std::string(24, 'd'), "no message"});
  ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
  start();
  EXPECT_EQ(posted.size(), 1U);
  EXPECT_GT(logged(kind::damaged), 0);
  EXPECT_EQ(done->read().handled, 0U);
}

TEST_F(mailer_actor_test, opens_messages_with_keys_that_came_later) {
  start();
  config = test_settings(another_key);
  add(7);
  caf::anon_send(actor, settings_ptr(config));
  pass(1min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, uses_the_configured_mail_server_or_the_message_s_own) {
  mail_route own;
  own.server = "own.example.org";
  add(1);
  add(2, own);
  start();
  ASSERT_EQ(posted.size(), 2U);
  EXPECT_EQ(posted[0]->route.server, "configured.example.org");
  EXPECT_EQ(posted[1]->route.server, "own.example.org");
}

TEST_F(mailer_actor_test, hands_out_a_few_retries_at_once_the_oldest_first) {
  for (const std::uint64_t number : {3, 1, 4, 2}) add(number);
  start();
  ASSERT_EQ(posted.size(), outbox_pump::most_retries);
  for (const auto* text : {"1", "2", "3", "4"}) EXPECT_EQ(end_attempt(delivery::accepted), text);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(mailer_actor_test, sends_hundreds_of_messages_without_a_pause) {
  for (std::uint64_t number = 1; number <= 200; ++number) add(number);
  start();
  for (int i = 0; i < 200; ++i) end_attempt(delivery::accepted);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(mailer_actor_test, never_hands_out_a_retry_that_is_in_flight) {
  add(7);
  start();
  pass(2h, 10s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, tries_again_when_an_attempt_was_lost) {
  add(7);
  start();
  posted.clear();
  pass(2min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, begins_no_retry_while_the_server_stops) {
  start();
  caf::anon_send(actor, drain_atom::value);
  add(7);
  pass(2min);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, sends_nothing_again_until_the_store_knows_that_it_was_accepted) {
  add(7);
  start();
  disk_is_full = true;
  end_attempt(delivery::accepted);
  pass(2h, 10s);
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 1U);
  EXPECT_GT(logged(kind::unrecorded), 0);
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_TRUE(posted.empty());
}

}  // namespace
}  // namespace authnz::actors::test
