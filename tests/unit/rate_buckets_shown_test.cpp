// Buckets as an administrator sees and fills them.
#include "actors/limits_job.hpp"
#include "saved_buckets.hpp"

namespace authnz::actors::test {
namespace {

using kind = limits_job::kind;

constexpr rate_subject somebody{rate_subject::kind::client, "192.0.2.1"};

limits_answer served(saved_run& run, kind what, std::shared_ptr<rate_buckets> fresh = {}) {
  limits_job job;
  job.what = what;
  job.subjects.push_back({somebody.what, std::string(somebody.text)});
  job.fresh = std::move(fresh);
  while (!serve(job, *run.buckets, run.steady)) continue;
  return std::move(job.answer);
}

TEST(shown_rate_buckets, tell_what_a_caller_has_left_by_request) {
  saved_run run("user-list:10;user-login:2");
  run.passing(4, request::user_list);
  run.passing(3, request::user_login);
  const auto found = served(run, kind::standing).standing;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].second.request, request::user_login);
  EXPECT_EQ(found[0].second.left, 0U);
  EXPECT_EQ(found[0].second.seconds, 60U);
  EXPECT_EQ(found[1].second.left, 6U);
  EXPECT_EQ(found[1].second.limit.capacity, 10U);
}

TEST(shown_rate_buckets, are_filled_for_one_caller_alone) {
  saved_run run("user-login:2");
  run.passing(3, request::user_login);
  run.passing(3, request::user_login, "192.0.2.2");
  EXPECT_EQ(served(run, kind::fill).filled, 1U);
  EXPECT_EQ(run.passing(3, request::user_login), 2);
  EXPECT_EQ(run.passing(3, request::user_login, "192.0.2.2"), 0);
}

TEST(shown_rate_buckets, stay_filled_after_a_restart) {
  saved_run run("user-login:2");
  run.passing(3, request::user_login);
  run.save();
  served(run, kind::fill);
  run.save();
  EXPECT_EQ(run.records(), 0U);
  run.restart();
  EXPECT_EQ(run.passing(3, request::user_login), 2);
}

TEST(shown_rate_buckets, are_filled_where_a_change_waits_to_be_saved) {
  saved_run run("user-login:2");
  run.passing(3, request::user_login);
  served(run, kind::fill);
  EXPECT_EQ(run.save(), 0U);
}

TEST(shown_rate_buckets, are_filled_where_they_are_shared) {
  saved_run run("user-login:2", 1);
  run.passing(3, request::user_login, "198.51.100.1");
  run.passing(3, request::user_login, "203.0.113.1");
  run.passing(3, request::user_login);
  EXPECT_EQ(served(run, kind::standing).standing.at(0).second.scope, storage::rate_scope::all_clients);
  EXPECT_EQ(served(run, kind::fill).filled, 1U);
  EXPECT_EQ(run.passing(3, request::user_login), 2);
}

TEST(shown_rate_buckets, are_counted_in_slices) {
  saved_run run("user-login:2;user-list:9");
  constexpr int callers = 20'000;
  for (int i = 0; i < callers; ++i) run.take(request::user_list, "client " + std::to_string(i));
  run.passing(2, request::user_login);
  limits_job job;
  int slices = 1;
  while (!serve(job, *run.buckets, run.steady)) ++slices;
  EXPECT_GT(slices, 2);
  const auto of = [&](request r) { return job.answer.census.of[static_cast<std::size_t>(r)]; };
  EXPECT_EQ(of(request::user_list).not_full, static_cast<std::uint64_t>(callers));
  EXPECT_EQ(of(request::user_list).empty, 0U);
  EXPECT_EQ(of(request::user_login).empty, 1U);
}

TEST(shown_rate_buckets, are_all_filled_at_once) {
  saved_run run("user-login:2");
  run.passing(3, request::user_login);
  run.passing(1, request::user_login, "192.0.2.2");
  run.save();
  auto fresh = std::make_shared<rate_buckets>(run.limits, rate_buckets::hash_key{9});
  fresh->note_changes();
  const auto answer = served(run, kind::fill_all, fresh);
  EXPECT_EQ(answer.filled, 2U);
  EXPECT_EQ(run.buckets->size(), 0U);
  EXPECT_EQ(run.passing(3, request::user_login), 2);
  const auto records = answer.before->stored_keys();
  EXPECT_EQ(records.size(), 2U);
  storage::mini_transaction tx;
  for (const auto& key : records) storage::remove_rate_bucket(tx, key);
  ASSERT_EQ(run.store.commit(tx), storage::commit_result::applied);
  EXPECT_EQ(run.records(), 0U);
}

TEST(shown_rate_buckets, answer_even_when_the_job_is_lost) {
  bool told = false;
  {
    limits_job job;
    job.done = [&](const limits_answer& a) { told = !a.served; };
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace authnz::actors::test
