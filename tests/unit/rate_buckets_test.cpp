#include "actors/rate_buckets.hpp"

#include <gtest/gtest.h>

#include <string>

#include "bucket_run.hpp"

namespace authnz::actors::test {
namespace {

TEST(rate_buckets, let_the_contracts_numbers_pass_in_a_quick_run) {
  EXPECT_EQ(bucket_run().passing(300, request::session_new), 150);
  EXPECT_EQ(bucket_run("user-list:10").passing(300, request::user_list), 10);
  EXPECT_EQ(bucket_run().passing(300, request::user_new), 5);
}

TEST(rate_buckets, are_refilled_sixty_seconds_after_they_were_made) {
  bucket_run run;
  EXPECT_EQ(run.passing(10, request::user_new), 5);
  run.now += 60 * second - 1;
  EXPECT_EQ(run.passing(10, request::user_new), 0);
  run.now += 1;
  EXPECT_EQ(run.passing(10, request::user_new), 5);
}

TEST(rate_buckets, keep_their_steps_whenever_they_are_used) {
  bucket_run run;
  ASSERT_EQ(run.passing(1, request::user_new), 1);
  run.now += 59 * second;
  EXPECT_EQ(run.passing(10, request::user_new), 4);
  run.now += 1 * second;
  EXPECT_EQ(run.passing(10, request::user_new), 5);
  run.now += 59 * second;
  EXPECT_EQ(run.passing(10, request::user_new), 0);
}

TEST(rate_buckets, get_back_no_more_than_their_allowance) {
  bucket_run run("session:10;burst:100");
  EXPECT_EQ(run.passing(200, request::session_new), 100);
  run.now += 60 * second;
  EXPECT_EQ(run.passing(200, request::session_new), 10);
  run.now += 180 * second;
  EXPECT_EQ(run.passing(200, request::session_new), 30);
}

TEST(rate_buckets, hold_no_more_than_their_capacity) {
  bucket_run run;
  EXPECT_EQ(run.passing(300, request::session_new), 150);
  run.now += 3600 * second;
  EXPECT_EQ(run.passing(300, request::session_new), 150);
}

TEST(rate_buckets, tell_the_whole_seconds_until_the_next_step) {
  bucket_run run;
  run.passing(5, request::user_new);
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 60);
  run.now += 1;
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 60);
  run.now += second;
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 59);
  run.now += 59 * second - 2;
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 1);
}

TEST(rate_buckets, count_each_request_and_client_apart) {
  bucket_run run;
  EXPECT_EQ(run.passing(10, request::user_new, "192.0.2.1"), 5);
  EXPECT_EQ(run.passing(10, request::user_new, "192.0.2.2"), 5);
  EXPECT_EQ(run.passing(10, request::user_changepass, "192.0.2.1"), 5);
}

TEST(rate_buckets, count_an_address_for_all_clients) {
  bucket_run run("user-lookup-email:2");
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.2", "anna@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.3", "anna@example.org"), 60);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.3", "otto@example.org"), 0);
}

TEST(rate_buckets, charge_neither_key_when_one_has_none_left) {
  bucket_run run("user-lookup-email:2");
  run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org");
  run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org");
  for (int i = 0; i < 5; ++i) EXPECT_NE(run.take(request::user_lookup_email, "192.0.2.2", "anna@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.2", "otto@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.2", "otto@example.org"), 0);
}

TEST(rate_buckets, wait_for_the_later_one_of_two_empty_keys) {
  bucket_run run("user-lookup-email:1");
  run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org");
  run.now += 20 * second;
  run.take(request::user_lookup_email, "192.0.2.2", "otto@example.org");
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.1", "otto@example.org"), 60);
}

TEST(rate_buckets, of_refused_requests_are_not_made) {
  bucket_run run("user-lookup-email:1");
  run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org");
  const auto size = run.buckets.size();
  run.take(request::user_lookup_email, "192.0.2.1", "otto@example.org");
  EXPECT_EQ(run.buckets.size(), size);
}

TEST(rate_buckets, note_one_refusal_a_minute) {
  bucket_run run("user-new:1");
  run.take(request::user_new, "192.0.2.1");
  EXPECT_FALSE(run.last.noteworthy);
  run.now += 59 * second;
  run.take(request::user_new, "192.0.2.1");
  EXPECT_TRUE(run.last.noteworthy);
  for (int i = 0; i < 60; ++i) {
    run.now += second - 1;
    run.take(request::user_new, "192.0.2.1");
    EXPECT_FALSE(run.last.noteworthy) << i;
  }
  run.now += second;
  run.take(request::user_new, "192.0.2.1");
  EXPECT_TRUE(run.last.noteworthy);
}

TEST(rate_buckets, are_shared_by_a_network_when_there_are_too_many) {
  bucket_run run("", 1);
  EXPECT_EQ(run.passing(10, request::user_new, "192.0.2.1"), 5);
  EXPECT_EQ(run.passing(3, request::user_new, "198.51.100.1"), 3);
  EXPECT_EQ(run.passing(10, request::user_new, "198.51.100.200"), 2);
}

TEST(rate_buckets, are_shared_by_a_domain_when_there_are_too_many) {
  bucket_run run("user-lookup-email:3", 2);
  run.take(request::user_lookup_email, "192.0.2.1", "first@example.net");
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org"), 0);
  run.now += 60 * second - 1;
  EXPECT_EQ(run.take(request::user_lookup_email, "198.51.100.1", "otto@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "198.51.100.2", "emma@example.org"), 0);
  EXPECT_NE(run.take(request::user_lookup_email, "198.51.100.3", "paul@example.org"), 0);
}

TEST(rate_buckets, are_shared_by_all_of_a_request_beyond_that) {
  bucket_run run("", 1);
  run.take(request::user_new, "192.0.2.1");
  run.take(request::user_new, "198.51.100.1");
  EXPECT_EQ(run.passing(3, request::user_new, "203.0.113.1"), 3);
  EXPECT_EQ(run.passing(10, request::user_new, "2001:db8::1"), 2);
  EXPECT_EQ(run.passing(10, request::user_changepass, "2001:db8::1"), 5);
}

TEST(rate_buckets, keep_limiting_a_key_that_many_others_follow) {
  bucket_run run("", 100);
  EXPECT_EQ(run.passing(10, request::user_new, "192.0.2.1"), 5);
  for (int i = 0; i < 1000; ++i) run.take(request::user_new, "10.0." + std::to_string(i) + ".1");
  EXPECT_EQ(run.passing(10, request::user_new, "192.0.2.1"), 0);
}

TEST(rate_buckets, let_nobody_off_a_shared_one_when_there_is_room_again) {
  bucket_run run("user-new:6", 1);
  ASSERT_EQ(run.passing(9, request::user_new, "192.0.2.1"), 6);
  run.now += 59 * second;
  ASSERT_EQ(run.passing(9, request::user_new, "198.51.100.1"), 6);
  run.now += 1 * second;
  EXPECT_EQ(run.passing(9, request::user_new, "198.51.100.1"), 0);
  run.now += 59 * second;
  EXPECT_EQ(run.passing(9, request::user_new, "198.51.100.1"), 6);
}

TEST(rate_buckets, are_forgotten_when_they_are_full) {
  bucket_run run;
  for (int i = 0; i < 100; ++i) run.take(request::session_new, "192.0.2." + std::to_string(i));
  run.buckets.sweep(run.now, 10'000'000);
  EXPECT_EQ(run.buckets.size(), 100);
  run.now += 60 * second;
  run.buckets.sweep(run.now, 10'000'000);
  EXPECT_EQ(run.buckets.size(), 0);
}

TEST(rate_buckets, are_forgotten_a_few_at_a_time) {
  bucket_run run;
  for (int i = 0; i < 1000; ++i) run.take(request::session_new, "10.0.0." + std::to_string(i));
  run.now += 60 * second;
  run.buckets.sweep(run.now, 100'000);
  EXPECT_GT(run.buckets.size(), 0);
  for (int i = 0; i < 20; ++i) run.buckets.sweep(run.now, 100'000);
  EXPECT_EQ(run.buckets.size(), 0);
}

TEST(rate_buckets, make_room_for_new_keys_by_themselves) {
  bucket_run run("", 10);
  for (int round = 0; round < 5; ++round, run.now += 60 * second)
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(run.passing(10, request::user_new, "10." + std::to_string(round) + ".0." + std::to_string(i)), 5);
}

TEST(rate_buckets, are_cut_to_new_limits) {
  bucket_run run;
  ASSERT_EQ(run.passing(1, request::session_new), 1);
  run.buckets.configure(parse_rate_limits("session-new:20").value());
  EXPECT_EQ(run.passing(100, request::session_new), 20);
}

}  // namespace
}  // namespace authnz::actors::test
