#include "actors/cluster_limits_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "bucket_run.hpp"
#include "storage/memory_store.hpp"

namespace authnz::actors::test {
namespace {

rate_hash filled(unsigned char with) {
  rate_hash h{};
  h.fill(with);
  return h;
}

std::vector<rate_question> some_questions() {
  const rate_place client{rate_subject::kind::client, filled(1), filled(2)};
  const rate_place address{rate_subject::kind::mail_address, filled(3), filled(4)};
  return {{.row = &proto::row(request::user_list), .places = {client}},
          {.row = &proto::row(request::user_lookup_email), .places = {client, address}, .count = 2},
          {.what = rate_question::kind::give_back, .row = &proto::row(request::user_list), .places = {client}}};
}

const std::vector<std::optional<rate_verdict>> some_verdicts{
    rate_verdict{}, rate_verdict{.retry_after = 17}, rate_verdict{.retry_after = 60, .noteworthy = true}, std::nullopt};

const std::vector<rate_handed> some_handed{{request::user_list, filled(5), 0, 0},
                                           {request::session_new, filled(6), 149, 59'999'999}};

/// None of a text's beginnings, nor it with another version or something behind it, is taken.
template <class F>
void expect_strict(const std::string& text, F&& unpack) {
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(unpack(text.substr(0, n))) << n;
  EXPECT_FALSE(unpack(text + '\0'));
  auto newer = text;
  ++newer[0];
  EXPECT_FALSE(unpack(newer));
  auto endless = text;
  endless.replace(1, 4, 4, '\xff');
  EXPECT_FALSE(unpack(endless));
}

TEST(cluster_limits_text, questions_arrive_as_they_were_sent) {
  EXPECT_EQ(unpack_questions(pack_questions(some_questions())), some_questions());
}

TEST(cluster_limits_text, verdicts_arrive_as_they_were_sent) {
  EXPECT_EQ(unpack_verdicts(pack_verdicts(some_verdicts)), some_verdicts);
}

TEST(cluster_limits_text, buckets_arrive_as_they_were_handed) {
  EXPECT_EQ(unpack_handed(pack_handed(some_handed)), some_handed);
}

TEST(cluster_limits_text, damaged_texts_are_refused) {
  expect_strict(pack_questions(some_questions()), unpack_questions);
  expect_strict(pack_verdicts(some_verdicts), unpack_verdicts);
  expect_strict(pack_handed(some_handed), unpack_handed);
}

TEST(cluster_limits_text, of_a_request_unknown_here_is_understood_otherwise) {
  auto questions = some_questions();
  questions[0].row = nullptr;
  const auto read = unpack_questions(pack_questions(questions)).value();
  EXPECT_EQ(read[0].row, nullptr);
  EXPECT_EQ(read[1], questions[1]);
}

TEST(cluster_limits_text, that_refuses_without_a_time_is_refused) {
  EXPECT_FALSE(unpack_verdicts(std::string("\x01\0\0\0\x01\x02\0\0\0\0", 10)));
  EXPECT_FALSE(unpack_verdicts(std::string("\x01\0\0\0\x01\x01\0\0\0\x05", 10)));
}

// Whoever takes twice from a bucket that has one left leaves it with four thousand millions.
TEST(cluster_limits_text, that_asks_twice_for_one_bucket_is_refused) {
  const rate_place client{rate_subject::kind::client, filled(1), filled(2)};
  const rate_place address{rate_subject::kind::mail_address, filled(3), filled(4)};
  const auto understood = [&](const rate_place& second) {
    const rate_question one{.row = &proto::row(request::user_lookup_email), .places = {client, second}, .count = 2};
    return unpack_questions(pack_questions({&one, 1})).has_value();
  };
  EXPECT_TRUE(understood(address));
  EXPECT_FALSE(understood(client));
  EXPECT_FALSE(understood({rate_subject::kind::client, filled(3), filled(4)}));
  EXPECT_FALSE(understood({rate_subject::kind::mail_address, filled(1), filled(4)}));
  EXPECT_FALSE(understood({rate_subject::kind::mail_address, filled(3), filled(2)}));
}

TEST(cluster_limits_text, does_not_name_anybody) {
  bucket_run run;
  const rate_subject anna{rate_subject::kind::mail_address, "anna@example.org"};
  const auto& row = proto::row(request::user_lookup_email);
  const rate_question q{.row = &row, .places = {run.buckets.place_of(row, anna)}};
  const auto text = pack_questions({&q, 1});
  EXPECT_EQ(text.find("anna"), std::string::npos);
  EXPECT_EQ(text.find("example"), std::string::npos);
}

TEST(limits_secret, is_one_for_each_cluster) {
  EXPECT_EQ(limits_secret("a"), limits_secret("a"));
  EXPECT_NE(limits_secret("a"), limits_secret("b"));
}

/// Two nodes with one secret.
class handed_buckets : public testing::Test {
 protected:
  std::vector<rate_handed> own_of(bucket_run& run) {
    std::vector<rate_handed> out;
    rate_buckets::own_position at;
    while (!run.buckets.show_own(at, 16, run.now, [&](const rate_handed& b) { out.push_back(b); })) {
    }
    return out;
  }
  void hand(bucket_run& from, bucket_run& to) {
    for (const auto& b : own_of(from)) to.buckets.keep_lower(b, to.now);
  }

  bucket_run before{"", 1000};
  bucket_run after{"", 1000};
};

TEST_F(handed_buckets, give_no_fresh_allowance) {
  EXPECT_EQ(before.passing(4, request::user_new), 4);
  hand(before, after);
  EXPECT_EQ(after.passing(10, request::user_new), 1);
}

TEST_F(handed_buckets, keep_the_lower_of_both) {
  before.passing(2, request::user_new, "192.0.2.1");
  after.passing(3, request::user_new, "192.0.2.1");
  before.passing(3, request::user_new, "192.0.2.2");
  after.passing(2, request::user_new, "192.0.2.2");
  hand(before, after);
  EXPECT_EQ(after.passing(10, request::user_new, "192.0.2.1"), 2);
  EXPECT_EQ(after.passing(10, request::user_new, "192.0.2.2"), 2);
}

TEST_F(handed_buckets, keep_their_step) {
  before.passing(5, request::user_new);
  before.now += 45 * second;
  after.now = before.now + 1000 * second;  // clocks of two nodes have nothing in common
  hand(before, after);
  EXPECT_EQ(after.take(request::user_new, "192.0.2.1"), 15);
  after.now += 15 * second;
  EXPECT_EQ(after.passing(10, request::user_new), 5);
}

TEST_F(handed_buckets, take_the_later_step_of_both) {
  after.passing(1, request::user_new);
  before.now = after.now += 30 * second;
  before.passing(5, request::user_new);
  hand(before, after);
  after.now += 59 * second;
  EXPECT_EQ(after.passing(10, request::user_new), 0);
  after.now += 1 * second;
  EXPECT_EQ(after.passing(10, request::user_new), 5);
}

TEST_F(handed_buckets, that_come_again_change_nothing) {
  before.passing(4, request::user_new);
  hand(before, after);
  const auto once = own_of(after);
  hand(before, after);
  EXPECT_EQ(own_of(after), once);
}

TEST_F(handed_buckets, are_not_shown_once_they_are_full) {
  before.passing(4, request::user_new);
  before.now += 60 * second;
  EXPECT_TRUE(own_of(before).empty());
}

TEST_F(handed_buckets, are_cut_to_the_receivers_limit) {
  bucket_run strict("user-new:2", 1000);
  before.passing(1, request::user_new);
  hand(before, strict);
  EXPECT_EQ(strict.passing(10, request::user_new), 2);
}

TEST_F(handed_buckets, do_not_outgrow_the_table) {
  bucket_run small("", 10);
  for (int i = 0; i < 100; ++i) before.passing(1, request::user_new, std::to_string(i));
  hand(before, small);
  EXPECT_EQ(small.buckets.size(), 10U);
}

TEST_F(handed_buckets, are_saved_by_their_new_owner) {
  before.passing(4, request::user_new);
  after.buckets.note_changes();
  hand(before, after);
  storage::mini_transaction tx;
  after.buckets.save_changes(tx, 100, {after.now, {}});
  EXPECT_EQ(tx.writes.size(), 1U);
}

TEST(taken_by_places, count_as_taken_by_subjects) {
  bucket_run run("user-lookup-email:3", 1000);
  const auto& row = proto::row(request::user_lookup_email);
  const std::array<rate_place, 2> places{
      run.buckets.place_of(row, {rate_subject::kind::client, "192.0.2.1"}),
      run.buckets.place_of(row, {rate_subject::kind::mail_address, "anna@example.org"})};
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org"), 0U);
  EXPECT_TRUE(run.buckets.take(row, std::span<const rate_place>(places), run.now).allowed());
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.1", "anna@example.org"), 0U);
  EXPECT_FALSE(run.buckets.take(row, std::span<const rate_place>(places), run.now).allowed());
  run.buckets.give_back(row, places[1], run.now);
  EXPECT_EQ(run.take(request::user_lookup_email, "192.0.2.2", "anna@example.org"), 0U);
}

TEST(taken_by_places, share_with_their_network_when_there_are_too_many) {
  bucket_run run("", 1);
  const auto& row = proto::row(request::user_new);
  EXPECT_EQ(run.passing(1, request::user_new, "192.0.2.1"), 1);
  EXPECT_EQ(run.passing(3, request::user_new, "198.51.100.1"), 3);
  const auto place = run.buckets.place_of(row, {rate_subject::kind::client, "198.51.100.200"});
  EXPECT_TRUE(run.buckets.take(row, {&place, 1}, run.now).allowed());
  EXPECT_EQ(run.passing(10, request::user_new, "198.51.100.1"), 1);
}

TEST(given_back, fill_nothing_beyond_its_capacity) {
  bucket_run run;
  const auto& row = proto::row(request::user_new);
  const auto place = run.buckets.place_of(row, {rate_subject::kind::client, "192.0.2.1"});
  run.buckets.give_back(row, place, run.now);
  run.passing(1, request::user_new);
  run.buckets.give_back(row, place, run.now);
  run.buckets.give_back(row, place, run.now);
  EXPECT_EQ(run.passing(10, request::user_new), 5);
}

TEST(restored_buckets, of_a_node_that_joined_a_cluster_limit_nobody) {
  storage::memory_store store;
  const auto limits = bucket_run::read("", 1000);
  const rate_moment now{5'000 * second, {}};
  {
    const auto alone = restore_buckets(store, limits, now);
    const rate_subject who{rate_subject::kind::client, "192.0.2.1"};
    for (int i = 0; i < 5; ++i) alone->take(proto::row(request::user_new), {&who, 1}, now.steady);
    storage::mini_transaction tx;
    alone->save_changes(tx, 100, now);
    alone->save_secret(tx);
    ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
  }
  const auto joined = restore_buckets(store, limits, now, limits_secret("c"));
  const rate_subject who{rate_subject::kind::client, "192.0.2.1"};
  EXPECT_TRUE(joined->take(proto::row(request::user_new), {&who, 1}, now.steady).allowed());
  joined->sweep(now.steady + 60 * second, 100'000);
  storage::mini_transaction tx;
  joined->save_changes(tx, 100, now);
  EXPECT_FALSE(tx.writes.empty());
}

}  // namespace
}  // namespace authnz::actors::test
