/// A roster whose duties come and go as the test says; their marks are in the
/// test's store.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "actors/duties.hpp"
#include "storage/memory_store.hpp"

namespace authnz::actors::test {

class test_roster final : public duty_roster {
 public:
  explicit test_roster(storage::memory_store& store) : store_(store) {}

  bool has(duty d) const noexcept override { return held_.at(static_cast<std::size_t>(d)); }
  std::optional<storage::expectation> fence(duty d) const override {
    return storage::expectation{storage::slice::marks, key(d), revisions_.at(static_cast<std::size_t>(d))};
  }

  void give(duty d) {
    mark(d, "this node");
    revisions_.at(static_cast<std::size_t>(d)) = store_.read()->get(storage::slice::marks, key(d))->revision;
    held_.at(static_cast<std::size_t>(d)) = true;
  }
  void take(duty d) { held_.at(static_cast<std::size_t>(d)) = false; }
  /// Another node holds it; this one does not know yet.
  void succeed(duty d) { mark(d, "another node"); }

 private:
  static std::string key(duty d) { return std::string(duty_key_prefix) + std::string(name(d)); }
  void mark(duty d, const char* node) {
    storage::mini_transaction tx;
    tx.writes.push_back({storage::slice::marks, key(d), node});
    ASSERT_EQ(store_.commit(tx), storage::commit_result::applied);
  }

  storage::memory_store& store_;
  std::array<std::atomic<bool>, static_cast<std::size_t>(duty::count_)> held_{};
  std::array<std::uint64_t, static_cast<std::size_t>(duty::count_)> revisions_{};
};

}  // namespace authnz::actors::test
