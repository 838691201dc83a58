// Rate-limit buckets that survive a restart.
#include <gtest/gtest.h>

#include <string>

#include "saved_buckets.hpp"

namespace authnz::actors::test {
namespace {

TEST(saved_rate_buckets, limit_after_a_restart) {
  saved_run run;
  ASSERT_EQ(run.passing(3, request::user_new), 3);
  run.save();
  run.restart();
  EXPECT_EQ(run.passing(9, request::user_new), 2);
  EXPECT_EQ(run.passing(9, request::user_new, "192.0.2.2"), 5);
}

TEST(saved_rate_buckets, keep_their_steps_across_a_restart) {
  saved_run run;
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.pass(90);
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.save();
  run.pass(10);
  run.restart();
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 20);
  run.pass(20);
  EXPECT_EQ(run.passing(9, request::user_new), 5);
}

TEST(saved_rate_buckets, get_back_what_they_missed) {
  saved_run run;
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.save();
  run.pass(60);
  run.restart();
  EXPECT_EQ(run.passing(9, request::user_new), 5);
}

TEST(saved_rate_buckets, limit_for_no_more_than_a_minute_after_the_clock_was_put_back) {
  saved_run run;
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.pass(130);
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.save();
  run.wall -= 365 * 24 * 3600 * second;
  run.restart();
  EXPECT_EQ(run.take(request::user_new, "192.0.2.1"), 60);
  run.pass(60);
  EXPECT_EQ(run.passing(9, request::user_new), 5);
}

TEST(saved_rate_buckets, let_pass_when_the_clock_jumped_ahead) {
  saved_run run;
  ASSERT_EQ(run.passing(5, request::user_new), 5);
  run.save();
  run.wall += 8'000LL * 365 * 24 * 3600 * second;
  run.restart();
  EXPECT_EQ(run.passing(9, request::user_new), 5);
}

TEST(saved_rate_buckets, survive_whatever_moment_they_are_said_to_be_from) {
  saved_run run;
  for (const auto created : {proto::timestamp::min(), proto::timestamp::max()})
    for (const std::uint32_t n : {0U, 1U, UINT32_MAX}) {
      const storage::rate_bucket odd{.key = std::string(16, static_cast<char>('a' + n)),
                                     .scope = storage::rate_scope::all_clients,
                                     .request = "user-new",
                                     .created = created,
                                     .left = n,
                                     .steps = n,
                                     .noted = n};
      run.buckets->restore(odd, run.now());
      EXPECT_LE(run.passing(9, request::user_new), 5);
    }
}

TEST(saved_rate_buckets, of_every_scope_limit_after_a_restart) {
  saved_run run("user-lookup-email:2", 1);
  for (int i = 0; i < 2; ++i) {
    run.take(request::user_lookup_email, "192.0.2.1");
    run.take(request::user_lookup_email, "198.51.100.1");
    run.take(request::user_lookup_email, "203.0.113.1");
  }
  run.save();
  run.restart();
  EXPECT_NE(run.take(request::user_lookup_email, "192.0.2.1"), 0);
  EXPECT_NE(run.take(request::user_lookup_email, "198.51.100.2"), 0);
  EXPECT_NE(run.take(request::user_lookup_email, "10.0.0.1"), 0);
}

TEST(saved_rate_buckets, about_addresses_limit_after_a_restart) {
  saved_run run("user-lookup-email:2", 4);
  for (int i = 0; i < 2; ++i) run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org");
  run.save();
  run.restart();
  EXPECT_NE(run.take(request::user_lookup_email, "192.0.2.2", "anna@example.org"), 0);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.3", "otto@example.org"), 0);
}

TEST(saved_rate_buckets, note_no_second_refusal_in_a_minute_after_a_restart) {
  saved_run run;
  run.pass(1);
  const std::string client = "192.0.2.1";
  const rate_subject subject{rate_subject::kind::client, client};
  const auto ask = [&] { return run.buckets->take(proto::row(request::user_new), {&subject, 1}, run.steady); };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ask().allowed());
  run.pass(10);
  ASSERT_TRUE(ask().noteworthy);
  run.save();
  run.pass(5);
  run.restart();
  const auto refused = ask();
  EXPECT_FALSE(refused.allowed());
  EXPECT_FALSE(refused.noteworthy);
}

TEST(saved_rate_buckets, are_written_only_when_they_changed) {
  saved_run run;
  run.take(request::user_new, "192.0.2.1");
  run.take(request::user_new, "192.0.2.1");
  run.take(request::user_new, "192.0.2.2");
  EXPECT_EQ(run.save(), 2);
  EXPECT_EQ(run.save(), 0);
  run.take(request::user_new, "192.0.2.2");
  EXPECT_EQ(run.save(), 1);
  for (int i = 0; i < 9; ++i) run.take(request::user_new, "192.0.2.2");
  run.save();
  for (int i = 0; i < 9; ++i) run.take(request::user_new, "192.0.2.2");
  EXPECT_EQ(run.save(), 0) << "a refusal changes nothing";
}

TEST(saved_rate_buckets, are_the_most_limited_ones_when_there_are_too_many) {
  saved_run run;
  for (int i = 0; i < 200; ++i) run.passing(i % 10 == 0 ? 5 : 1, request::user_new, std::to_string(i));
  EXPECT_EQ(run.save(20), 20);
  run.restart();
  for (int i = 0; i < 200; ++i) EXPECT_EQ(run.take(request::user_new, std::to_string(i)) != 0, i % 10 == 0) << i;
}

TEST(saved_rate_buckets, are_written_by_and_by_when_there_are_too_many) {
  saved_run run;
  for (int i = 0; i < 50; ++i) run.take(request::user_new, std::to_string(i));
  EXPECT_EQ(run.save(20), 20);
  EXPECT_EQ(run.save(20), 20);
  EXPECT_EQ(run.save(20), 10);
  EXPECT_EQ(run.records(), 50);
}

TEST(saved_rate_buckets, are_noted_up_to_a_bound) {
  saved_run run;
  for (int i = 0; i < 40'000; ++i) run.take(request::user_list, std::to_string(i));
  std::size_t written = 0;
  for (int i = 0; i < 20; ++i) written += run.save();
  EXPECT_GE(written, 8'000);
  EXPECT_LT(written, 20'000);
  run.take(request::user_new, "a new one");
  EXPECT_EQ(run.save(), 1);
}

TEST(saved_rate_buckets, lose_their_record_when_they_are_forgotten) {
  saved_run run;
  for (int i = 0; i < 50; ++i) run.take(request::user_new, std::to_string(i));
  run.save();
  ASSERT_EQ(run.records(), 50);
  run.pass(60);
  run.buckets->sweep(run.steady, 10'000'000);
  ASSERT_EQ(run.buckets->size(), 0);
  EXPECT_EQ(run.save(20), 10) << "half of what may be written";
  for (int i = 0; i < 4; ++i) run.save(20);
  EXPECT_EQ(run.records(), 0);
}

TEST(saved_rate_buckets, keep_the_record_of_a_key_that_came_back) {
  saved_run run;
  run.take(request::user_new, "192.0.2.1");
  run.save();
  run.pass(60);
  run.buckets->sweep(run.steady, 10'000'000);
  ASSERT_EQ(run.buckets->size(), 0);
  ASSERT_EQ(run.passing(9, request::user_new), 5);
  EXPECT_EQ(run.save(), 1);
  run.restart();
  EXPECT_EQ(run.passing(9, request::user_new), 0);
  run.save();
  run.pass(60);
  run.buckets->sweep(run.steady, 10'000'000);
  run.save();
  EXPECT_EQ(run.records(), 0);
}

TEST(saved_rate_buckets, that_came_and_went_twice_between_saves_lose_their_record_once) {
  saved_run run;
  for (int round = 0; round < 3; ++round) {
    run.take(request::user_new, "192.0.2.1");
    run.save(1);  // which leaves what was forgotten for later
    run.pass(60);
    run.buckets->sweep(run.steady, 10'000'000);
    ASSERT_EQ(run.buckets->size(), 0);
  }
  EXPECT_EQ(run.save(), 1);
  EXPECT_EQ(run.records(), 0);
}

TEST(saved_rate_buckets, that_are_full_by_now_lose_their_record_after_a_restart) {
  saved_run run;
  for (int i = 0; i < 50; ++i) run.take(request::user_new, std::to_string(i));
  run.save();
  run.pass(600);
  run.restart();
  run.buckets->sweep(run.steady, 10'000'000);
  run.save();
  EXPECT_EQ(run.buckets->size(), 0);
  EXPECT_EQ(run.records(), 0);
}

TEST(saved_rate_buckets, of_requests_that_are_unknown_are_left_out) {
  saved_run run;
  run.buckets->restore({.key = std::string(16, 'k'), .request = "user-of-old"}, run.now());
  run.buckets->restore({.key = "short", .request = "user-new"}, run.now());
  EXPECT_EQ(run.buckets->size(), 0);
}

TEST(saved_rate_buckets, are_neither_read_nor_noted_when_limits_are_off) {
  saved_run run;
  run.passing(5, request::user_new);
  run.save();
  run.limits = bucket_run::read("none", 100);
  run.restart();
  EXPECT_EQ(run.buckets->size(), 0);
  run.take(request::user_new, "192.0.2.1");
  storage::mini_transaction tx;
  run.buckets->save_changes(tx, 4096, run.now());
  EXPECT_TRUE(tx.writes.empty());
}

}  // namespace
}  // namespace authnz::actors::test
