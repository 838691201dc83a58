#include "actors/journal.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using storage::commit_result;

/// A journal whose store is the test; the first batch waits until it may go on.
class journal_actor_test : public testing::Test {
 protected:
  void SetUp() override {
    actor = threads.system().spawn<caf::detached>(
        journal, [this](auto batch) { return commit(batch); }, measured, counts);
  }
  void TearDown() override { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }

  std::vector<commit_result> commit(std::span<const storage::mini_transaction* const> batch) {
    if (batches.empty()) may_commit.get_future().wait();
    batches.push_back(batch.size());
    std::vector<commit_result> results;
    for (const auto* tx : batch) {
      keys.push_back(tx->writes.at(0).key);
      results.push_back(tx->writes.at(0).key == "conflict"  ? commit_result::conflict
                        : tx->writes.at(0).key == "unknown" ? commit_result::unknown
                                                            : commit_result::applied);
    }
    if (forgets_results) results.clear();
    return results;
  }
  commit_ptr job(const std::string& key) {
    auto j = std::make_shared<commit_job>();
    j->tx.writes.push_back({storage::slice::meta, key, "value"});
    j->reply_to = home.actor;
    return j;
  }

  test::threaded_system threads;
  test::home<commit_ptr> home{threads.system()};
  meter_ptr measured = std::make_shared<meter>();
  node_meters_ptr counts = std::make_shared<node_meters>();
  std::promise<void> may_commit;
  // Written by the journal's thread, read when its jobs have come home.
  std::vector<std::size_t> batches;
  std::vector<std::string> keys;
  bool forgets_results = false;
  journal_actor actor;
};

TEST_F(journal_actor_test, commits_all_that_queued_at_once_and_in_order) {
  std::vector<std::string> sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back(std::to_string(i));
    caf::anon_send(actor, job(sent.back()));
  }
  may_commit.set_value();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(home.jobs->take());
  EXPECT_EQ(keys, sent);
  EXPECT_LE(batches.size(), 3);
}

TEST_F(journal_actor_test, bounds_a_batch) {
  for (int i = 0; i < 600; ++i) caf::anon_send(actor, job("key"));
  may_commit.set_value();
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(home.jobs->take());
  for (const auto size : batches) EXPECT_LE(size, journal_state::most_in_a_batch);
}

TEST_F(journal_actor_test, tells_each_job_its_own_result) {
  may_commit.set_value();
  caf::anon_send(actor, job("conflict"));
  caf::anon_send(actor, job("key"));
  EXPECT_EQ(home.jobs->take().value()->result, commit_result::conflict);
  EXPECT_EQ(home.jobs->take().value()->result, commit_result::applied);
}

TEST_F(journal_actor_test, takes_a_missing_result_for_a_failure) {
  forgets_results = true;
  may_commit.set_value();
  caf::anon_send(actor, job("key"));
  EXPECT_EQ(home.jobs->take().value()->result, commit_result::storage_error);
}

TEST_F(journal_actor_test, ends_when_all_that_it_was_given_is_committed) {
  for (int i = 0; i < 600; ++i) caf::anon_send(actor, job("key"));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  may_commit.set_value();
  for (int i = 0; i < 600; ++i) ASSERT_EQ(home.jobs->take().value()->result, commit_result::applied);
}

TEST_F(journal_actor_test, lets_an_answer_survive_whoever_was_to_send_it) {
  const auto answers = std::make_shared<test::answers>();
  may_commit.set_value();
  auto lost = job("key");
  lost->ex = test::make_exchange(answers, proto::request::user_list, R"({"user_id": 1})");
  lost->if_applied = {proto::http_status::ok, "done"};
  lost->reply_to = nullptr;
  caf::anon_send(actor, std::move(lost));
  const auto answer = answers->take().value();
  EXPECT_EQ(answer.status, proto::http_status::ok);
  EXPECT_EQ(answer.text, "done");
}

TEST_F(journal_actor_test, settles_nothing_that_was_not_applied) {
  const auto answers = std::make_shared<test::answers>();
  may_commit.set_value();
  auto lost = job("conflict");
  lost->ex = test::make_exchange(answers, proto::request::user_list, R"({"user_id": 1})");
  lost->if_applied = {proto::http_status::ok, "done"};
  lost->reply_to = nullptr;
  caf::anon_send(actor, std::move(lost));
  EXPECT_EQ(answers->take().value().status, proto::http_status::unavailable);
}

TEST_F(journal_actor_test, claims_nothing_about_what_may_have_been_applied) {
  const auto answers = std::make_shared<test::answers>();
  may_commit.set_value();
  auto lost = job("unknown");
  lost->ex = test::make_exchange(answers, proto::request::user_list, R"({"user_id": 1})");
  lost->reply_to = nullptr;
  caf::anon_send(actor, std::move(lost));
  EXPECT_EQ(answers->take().value().status, proto::http_status::none);
}

/// One whose exchange was to begin before `deadline`.
class late_job_test : public journal_actor_test {
 protected:
  void send(proto::exchange::clock::time_point deadline, bool even_late = false) {
    auto j = job("key");
    j->ex = test::make_exchange(answers, proto::request::user_list, R"({"user_id": 1})");
    j->ex->deadline = deadline;
    j->if_applied = {proto::http_status::ok, "done"};
    j->even_late = even_late;
    may_commit.set_value();
    caf::anon_send(actor, std::move(j));
  }
  commit_result result() { return home.jobs->take().value()->result; }

  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  const proto::exchange::clock::time_point now = proto::exchange::clock::now();
};

TEST_F(late_job_test, is_not_committed) {
  send(now - std::chrono::milliseconds(1));
  EXPECT_EQ(result(), commit_result::unavailable);
  EXPECT_TRUE(batches.empty());
}

TEST_F(late_job_test, is_answered_as_unavailable_when_nobody_else_answers) {
  send(now - std::chrono::milliseconds(1));
  ASSERT_TRUE(home.jobs->take());
  EXPECT_EQ(answers->take().value().status, proto::http_status::unavailable);
}

TEST_F(late_job_test, is_counted) {
  send(now - std::chrono::milliseconds(1));
  ASSERT_TRUE(home.jobs->take());
  EXPECT_EQ(counts->journal.late, 1U);
  EXPECT_EQ(measured->read().in_flight, 0U);
}

TEST_F(late_job_test, is_committed_if_it_records_what_has_happened) {
  send(now - std::chrono::milliseconds(1), true);
  EXPECT_EQ(result(), commit_result::applied);
}

TEST_F(late_job_test, is_one_only_when_its_time_has_passed) {
  send(now + std::chrono::hours(1));
  EXPECT_EQ(result(), commit_result::applied);
}

TEST_F(late_job_test, is_none_without_an_exchange) {
  may_commit.set_value();
  caf::anon_send(actor, job("key"));
  EXPECT_EQ(result(), commit_result::applied);
}

TEST_F(late_job_test, does_not_hold_up_those_behind_it) {
  send(now - std::chrono::milliseconds(1));
  caf::anon_send(actor, job("behind"));
  EXPECT_EQ(result(), commit_result::unavailable);
  EXPECT_EQ(result(), commit_result::applied);
}

TEST_F(journal_actor_test, meters_what_it_commits) {
  may_commit.set_value();
  caf::anon_send(actor, job("key"));
  ASSERT_TRUE(home.jobs->take());
  EXPECT_EQ(measured->read().handled, 1);
  EXPECT_EQ(measured->read().in_flight, 0);
}

}  // namespace
}  // namespace authnz::actors
