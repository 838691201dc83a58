// Which node tries messages of the outbox again.
#include "mailer_rig.hpp"

namespace authnz::actors::test {
namespace {

class mail_duty_test : public mailer_actor_test {
 protected:
  mail_duty_test() { duties = &roster; }

  test_roster roster{store};
};

TEST_F(mail_duty_test, does_not_look_into_the_outbox_without_it) {
  add(7);
  start();
  pass(2h, 10s);
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(looks, 0);
}

TEST_F(mail_duty_test, looks_within_seconds_when_it_comes) {
  add(7);
  start();
  roster.give(duty::mail);
  pass(3s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mail_duty_test, looks_no_more_than_each_minute_while_nothing_is_due) {
  roster.give(duty::mail);
  start();
  looks = 0;
  pass(1h);
  EXPECT_LE(looks, 61);
}

TEST_F(mail_duty_test, begins_no_retry_once_it_has_gone) {
  roster.give(duty::mail);
  for (std::uint64_t number = 1; number <= 4; ++number) add(number);
  start();
  roster.take(duty::mail);
  end_attempt(delivery::accepted);
  end_attempt(delivery::accepted);
  pass(1min);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mail_duty_test, looks_within_seconds_when_it_comes_back) {
  roster.give(duty::mail);
  start();
  roster.take(duty::mail);
  pass(3s);
  add(7);
  roster.give(duty::mail);
  pass(3s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mail_duty_test, records_no_retry_once_another_has_it) {
  roster.give(duty::mail);
  add(7);
  start();
  roster.succeed(duty::mail);
  end_attempt(delivery::accepted);
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(logged(kind::unrecorded), 1);
}

TEST_F(mail_duty_test, leaves_the_record_of_a_retry_while_it_has_gone) {
  roster.give(duty::mail);
  add(7);
  start();
  roster.take(duty::mail);
  end_attempt(delivery::accepted);
  pass(1min);
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(logged(kind::unrecorded), 0);
}

TEST_F(mail_duty_test, makes_up_for_the_record_when_it_comes_back) {
  roster.give(duty::mail);
  add(7);
  start();
  roster.take(duty::mail);
  end_attempt(delivery::accepted);
  roster.give(duty::mail);
  pass(3s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mail_duty_test, is_not_needed_for_a_first_attempt) {
  start();
  ask();
  ASSERT_EQ(posted.size(), 1U);
  end_attempt(delivery::accepted);
  EXPECT_EQ(answer().value("success", false), true);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(mail_duty_test, is_not_needed_to_make_up_for_a_first_attempt_s_record) {
  start();
  ask();
  disk_is_full = true;
  end_attempt(delivery::accepted);
  pass(5s);
  EXPECT_EQ(waiting(), 1U);
  disk_is_full = false;
  pass(3s);
  EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace authnz::actors::test
