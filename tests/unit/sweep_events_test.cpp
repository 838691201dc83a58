#include <gtest/gtest.h>

#include "actors/audit.hpp"
#include "actors/sweep.hpp"
#include "storage/audit_store.hpp"
#include "storage/memory_store.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

constexpr proto::timestamp now{1'700'000'000s};

struct old_events : testing::Test {
  void tell(std::chrono::hours ago, int times = 1) {
    storage::mini_transaction tx;
    const auto nobody = proto::pii_digest::clear();
    for (int i = 0; i < times; ++i) tx.events.push_back(audit_line({.name = "user.login"}, now - ago, nobody));
    ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
  }

  std::uint64_t kept_after_sweeping(const audit_retention& keep) {
    sweep_place place{sweep_stage::old_events, {}};
    for (int steps = 0; place.stage != sweep_stage::done && steps < 100; ++steps) {
      auto batch = sweep(*store.read(), place, now, now, {}, keep);
      if (!batch.tx.empty() && store.commit(batch.tx) != storage::commit_result::applied) ADD_FAILURE() << "conflict";
      place = batch.next;
    }
    const auto v = store.read();
    const auto walk = storage::verify_audit(*v, storage::audit_anchor(*v), 1'000'000);
    EXPECT_FALSE(walk.broken);
    return walk.records;
  }

  storage::memory_store store;
};

TEST_F(old_events, stay_when_nothing_limits_them) {
  tell(24h * 1000, 3);
  EXPECT_EQ(kept_after_sweeping({}), 3);
}

TEST_F(old_events, go_when_they_are_older_than_wished) {
  tell(24h * 31, 2);
  tell(24h * 29, 3);
  EXPECT_EQ(kept_after_sweeping({.days = 30}), 3);
}

TEST_F(old_events, go_when_there_are_more_than_wished) {
  tell(1h, 9);
  EXPECT_EQ(kept_after_sweeping({.records = 4}), 4);
}

TEST_F(old_events, go_in_several_steps) {
  tell(24h * 31, static_cast<int>(2 * storage::most_audit_removals + 5));
  tell(1h);
  EXPECT_EQ(kept_after_sweeping({.days = 30}), 1);
}

TEST_F(old_events, go_in_several_steps_for_their_number_too) {
  tell(1h, static_cast<int>(2 * storage::most_audit_removals + 5));
  EXPECT_EQ(kept_after_sweeping({.records = 3}), 3);
}

}  // namespace
}  // namespace authnz::actors
