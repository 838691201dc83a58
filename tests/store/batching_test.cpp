#include "storage/batching.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;

constexpr auto in = slice::attempts;
constexpr batch_limits wide{};

std::size_t count(const std::vector<mini_transaction>& queue, const batch_limits& limits = wide) {
  std::vector<const mini_transaction*> pointers;
  for (const auto& tx : queue) pointers.push_back(&tx);
  return shareable(pointers, limits);
}

mini_transaction expecting(std::size_t expectations, std::size_t writes, char name = 'k') {
  mini_transaction tx;
  for (std::size_t i = 0; i < expectations; ++i) tx.expects.push_back({in, name + std::to_string(i), 1});
  for (std::size_t i = 0; i < writes; ++i) tx.writes.push_back({in, name + std::to_string(i), "v"});
  return tx;
}

TEST(a_batch, takes_those_that_have_nothing_in_common) {
  EXPECT_EQ(count({put(in, "a", "1"), put(in, "b", "1"), put_if(in, "c", 7, "1")}), 3U);
  EXPECT_EQ(count({}), 0U);
}

TEST(a_batch, takes_nobody_who_expects_what_is_written_before) {
  EXPECT_EQ(count({put(in, "a", "1"), put(in, "b", "1"), {{{in, "a", 3}}, {{in, "c", "1"}}}, put(in, "d", "1")}), 2U);
}

TEST(a_batch, takes_nobody_who_writes_what_is_written_before) {
  EXPECT_EQ(count({put(in, "a", "1"), put(in, "a", "2")}), 1U);
  EXPECT_EQ(count({erase(in, "a"), put(in, "a", "2")}), 1U);
  EXPECT_EQ(count({put(in, "a", "1"), erase(in, "a")}), 1U);
}

TEST(a_batch, takes_those_who_write_what_is_only_expected_before) {
  EXPECT_EQ(count({{{{in, "a", 3}}, {{in, "b", "1"}}}, put(in, "a", "2")}), 2U);
  EXPECT_EQ(count({{{{in, "a", 3}}, {{in, "b", "1"}}}, {{{in, "a", 3}}, {{in, "c", "1"}}}}), 2U);
}

TEST(a_batch, tells_slices_apart) { EXPECT_EQ(count({put(in, "a", "1"), put(slice::outbox, "a", "1")}), 2U); }

TEST(a_batch, counts_its_parts_and_the_largest_one) {
  // 2 beside the parts, 3 parts, and of the largest one 4 writes and a mark.
  const std::vector<mini_transaction> queue{expecting(0, 1, 'a'), expecting(0, 4, 'b'), expecting(0, 1, 'c')};
  EXPECT_EQ(count(queue, {.operations = 10}), 3U);
  EXPECT_EQ(count(queue, {.operations = 9}), 2U);
  EXPECT_EQ(count(queue, {.operations = 8}), 1U);
}

TEST(a_batch, counts_compares_where_they_are_more_than_operations) {
  EXPECT_EQ(count({expecting(6, 1, 'a')}, {.operations = 9}), 1U);
  EXPECT_EQ(count({expecting(6, 1, 'a')}, {.operations = 8}), 0U);
}

TEST(a_batch, counts_the_largest_part_among_all_that_came_before) {
  EXPECT_EQ(count({expecting(0, 4, 'a'), expecting(0, 1, 'b')}, {.operations = 8}), 1U);
}

TEST(a_batch, stays_within_its_bytes) {
  const auto large = [](const char* key) { return put(in, key, std::string(10'000, 'v')); };
  EXPECT_EQ(count({large("a"), large("b"), large("c")}, {.bytes = 25'000}), 2U);
  mini_transaction telling = put(in, "a", "v");
  telling.events = {std::string(30'000, 'e')};
  EXPECT_EQ(count({telling}, {.bytes = 25'000}), 0U);
}

TEST(a_batch, stays_within_its_transactions) {
  EXPECT_EQ(count({put(in, "a", ""), put(in, "b", ""), put(in, "c", "")}, {.transactions = 2}), 2U);
}

TEST(a_batch, has_no_room_for_what_never_fits) {
  EXPECT_FALSE(fits(expecting(0, 1021), wide));
  EXPECT_TRUE(fits(expecting(0, 1020), wide));
  EXPECT_FALSE(fits(put(in, "a", std::string(1'000'000, 'v')), wide));
  EXPECT_EQ(count({expecting(0, 1021), put(in, "z", "")}), 0U);
  EXPECT_EQ(count({put(in, "z", ""), expecting(0, 1021)}), 1U);
}

// The reference: what etcd does with a batch, and what one after the other would.

using revisions = std::map<std::pair<slice, std::string>, std::uint64_t>;

bool holds(const revisions& state, const mini_transaction& tx) {
  return std::ranges::all_of(tx.expects, [&](const expectation& e) {
    const auto found = state.find({e.in, e.key});
    return (found == state.end() ? 0 : found->second) == e.revision;
  });
}

void apply(revisions& state, const mini_transaction& tx, std::uint64_t revision) {
  for (const auto& w : tx.writes) {
    if (w.value)
      state[{w.in, w.key}] = revision;
    else
      state.erase({w.in, w.key});
  }
}

struct outcome {
  std::vector<bool> held;
  revisions state;
  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome one_after_the_other(revisions state, std::span<const mini_transaction> batch, std::uint64_t revision) {
  outcome all;
  for (const auto& tx : batch) {
    all.held.push_back(holds(state, tx));
    if (all.held.back()) apply(state, tx, revision);
  }
  all.state = std::move(state);
  return all;
}

outcome all_compares_first(revisions state, std::span<const mini_transaction> batch, std::uint64_t revision) {
  outcome all;
  for (const auto& tx : batch) all.held.push_back(holds(state, tx));
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (all.held[i]) apply(state, batch[i], revision);
  all.state = std::move(state);
  return all;
}

class random_queues {
 public:
  revisions state() {
    revisions all;
    for (int key = 0; key < 8; ++key)
      if (below(2) == 0) all[{in, std::to_string(key)}] = 1 + below(3);
    return all;
  }
  mini_transaction transaction() {
    mini_transaction tx;
    for (std::size_t n = below(3); n > 0; --n) tx.expects.push_back({in, key(), below(4)});
    revisions seen;
    for (std::size_t n = below(3); n > 0; --n) {
      auto k = key();
      if (!seen.emplace(std::pair(in, k), 0).second) continue;
      const bool puts = below(3) != 0;
      tx.writes.push_back({in, std::move(k), puts ? std::optional<std::string>("v") : std::nullopt});
    }
    return tx;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string key() { return std::to_string(below(8)); }
  std::mt19937 random_{7};
};

TEST(a_batch, has_the_outcome_that_its_parts_have_one_after_the_other) {
  random_queues chance;
  std::size_t shared = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto state = chance.state();
    std::vector<mini_transaction> queue;
    for (auto n = 1 + chance.below(6); n > 0; --n) queue.push_back(chance.transaction());
    const auto taken = count(queue);
    ASSERT_GE(taken, 1U);
    const auto batch = std::span(queue).first(taken);
    ASSERT_EQ(all_compares_first(state, batch, 9), one_after_the_other(state, batch, 9)) << "round " << round;
    shared += taken - 1;
  }
  EXPECT_GT(shared, 10'000U);
}

TEST(a_batch, would_be_wrong_without_its_rules) {
  random_queues chance;
  int wrong = 0;
  for (int round = 0; round < 5'000; ++round) {
    const auto state = chance.state();
    std::vector<mini_transaction> queue;
    for (int n = 0; n < 4; ++n) queue.push_back(chance.transaction());
    if (all_compares_first(state, queue, 9) != one_after_the_other(state, queue, 9)) ++wrong;
  }
  EXPECT_GT(wrong, 0);
}

}  // namespace
}  // namespace authnz::storage
