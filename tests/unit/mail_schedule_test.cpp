#include "actors/mail_schedule.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

TEST(retry_delay, doubles_up_to_an_hour) {
  const std::vector<std::chrono::seconds> expected{1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min};
  for (std::uint32_t tries = 1; tries <= expected.size(); ++tries)
    EXPECT_EQ(retry_delay(tries, 60s), expected[tries - 1]) << tries;
  EXPECT_EQ(retry_delay(4'000'000'000, 60s), 60min);
  EXPECT_EQ(retry_delay(4'000'000'000, 1s), 60min);
}

class recorded_attempt : public testing::Test {
 protected:
  recorded_attempt() {
    entry.key = std::string(24, 'k');
    entry.user_id = 9;
    entry.kind = static_cast<std::uint8_t>(mail_kind::forgotpass);
    entry.created = now;
    storage::mini_transaction tx;
    storage::add_mail(tx, entry);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
  }
  /// What is in the store after an attempt.
  std::optional<storage::outbox_entry> after(delivery result, std::uint32_t tries = 1) {
    const auto view = store.read();
    auto e = *storage::find_mail(*view, entry.key);
    e.tries = tries;
    storage::mini_transaction tx;
    record_attempt(tx, *view, e, {result, now, 60s});
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
    return storage::find_mail(*store.read(), entry.key);
  }
  void add_user(proto::timestamp sent) {
    storage::user u;
    u.id = 9;
    u.system_id = "s";
    u.email = "a@example.org";
    u.emailforgotpass_sent = sent;
    storage::mini_transaction tx;
    storage::add_user(tx, u);
    ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
  }
  std::optional<proto::timestamp> sent() { return storage::find_user(*store.read(), 9)->emailforgotpass_sent; }

  storage::memory_store store;
  storage::outbox_entry entry;
  proto::timestamp now{1'700'000'000s};
};

TEST_F(recorded_attempt, goes_with_the_message_when_it_was_accepted) { EXPECT_FALSE(after(delivery::accepted)); }

TEST_F(recorded_attempt, is_followed_by_another_after_a_delay) {
  const auto e = after(delivery::deferred, 3);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->tries, 4U);
  EXPECT_EQ(e->next_try, now + 8min);
}

TEST_F(recorded_attempt, is_followed_by_none_after_a_day) {
  now += 23h + 59min;
  EXPECT_EQ(after(delivery::deferred)->next_try, entry.created + 24h);
  now += 1min;
  EXPECT_FALSE(after(delivery::deferred));
}

TEST_F(recorded_attempt, leaves_the_sent_time_when_a_retry_was_refused) {
  add_user(entry.created);
  EXPECT_FALSE(after(delivery::refused, 1));
  EXPECT_EQ(sent(), entry.created);
}

TEST_F(recorded_attempt, puts_the_sent_time_back_when_the_first_was_refused) {
  add_user(entry.created);
  EXPECT_FALSE(after(delivery::refused, 0));
  EXPECT_EQ(sent(), std::nullopt);
}

TEST_F(recorded_attempt, leaves_a_sent_time_that_has_moved_since) {
  add_user(entry.created + 1s);
  EXPECT_FALSE(after(delivery::refused, 0));
  EXPECT_EQ(sent(), entry.created + 1s);
}

}  // namespace
}  // namespace authnz::actors
