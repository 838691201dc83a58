// The first attempt, and what the client is told of it.
#include "mailer_rig.hpp"

namespace authnz::actors::test {
namespace {

TEST_F(mailer_actor_test, answers_after_the_first_attempt) {
  start();
  ask();
  EXPECT_EQ(to->size(), 0U);
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->mail.recipient, address);
  EXPECT_EQ(posted[0]->route.server, "configured.example.org");
  end_attempt(delivery::accepted);
  const auto a = answer();
  EXPECT_EQ(a["success"], true);
  EXPECT_EQ(a["response"]["queued"], false);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(sent_time(), now);
}

TEST_F(mailer_actor_test, stores_the_message_sealed_before_the_first_attempt) {
  start();
  ask();
  ASSERT_EQ(waiting(), 1U);
  storage::for_each_mail(*store.read(), [&](const storage::outbox_entry& e) {
    EXPECT_EQ(e.sealed.find("Example"), std::string::npos);
    const auto opened = open_mail(e.sealed, config->mail.keys);
    EXPECT_TRUE(opened && opened->mail.text == posted[0]->mail.text);
    return true;
  });
  EXPECT_EQ(sent_time(), now);
}

TEST_F(mailer_actor_test, tries_again_a_minute_after_a_first_attempt_was_deferred) {
  start();
  ask();
  end_attempt(delivery::deferred);
  EXPECT_EQ(answer()["response"]["queued"], true);
  pass(59s);
  EXPECT_TRUE(posted.empty());
  pass(2s);
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->tries, 1U);
}

TEST_F(mailer_actor_test, undoes_a_first_attempt_that_was_refused) {
  start();
  ask();
  end_attempt(delivery::refused);
  EXPECT_EQ(answer()["failure_reason"], "email-failed");
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(sent_time(), std::nullopt);
}

TEST_F(mailer_actor_test, sends_one_message_of_two_that_are_asked_for_at_once) {
  start();
  ask();
  ask();
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(answer()["failure_reason"], "sent-recently");
  end_attempt(delivery::accepted);
  EXPECT_EQ(answer()["success"], true);
}

TEST_F(mailer_actor_test, decides_again_when_the_account_changed_before_the_message_was_stored) {
  start();
  const auto before = *storage::find_user(*store.read(), 1);
  auto after = before;
  after.active = false;
  storage::mini_transaction tx;
  storage::replace_user(tx, before, after);
  auto held = std::make_shared<commit_job>();
  held->tx = tx;
  // In the journal's mailbox before the mailer's own commit.
  caf::anon_send(routes.current()->journal, std::move(held));
  ask();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(answer()["failure_reason"], "account-inactive");
}

TEST_F(mailer_actor_test, does_not_send_what_could_not_be_stored) {
  start();
  disk_is_full = true;
  ask();
  EXPECT_EQ(answer()["failure_reason"], "storage-full");
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, never_hands_out_a_message_whose_first_attempt_is_in_flight) {
  start();
  ask();
  pass(5min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, leaves_a_first_attempt_that_was_lost_to_the_retries) {
  start();
  ask();
  posted.clear();
  EXPECT_EQ(answer()["response"]["queued"], true);
  pass(58s);
  EXPECT_TRUE(posted.empty());
  pass(65s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, tells_what_became_of_a_message_though_the_disk_is_full) {
  start();
  ask();
  disk_is_full = true;
  end_attempt(delivery::accepted);
  const auto a = answer();
  EXPECT_EQ(a["success"], true);
  EXPECT_EQ(a["response"]["queued"], false);
  pass(2h, 10s);
  EXPECT_TRUE(posted.empty());
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, puts_the_sent_time_back_as_soon_as_the_disk_has_room) {
  start();
  ask();
  disk_is_full = true;
  end_attempt(delivery::refused);
  EXPECT_EQ(answer()["failure_reason"], "email-failed");
  EXPECT_NE(sent_time(), std::nullopt);
  pass(10s);
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(sent_time(), std::nullopt);
  EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace authnz::actors::test
