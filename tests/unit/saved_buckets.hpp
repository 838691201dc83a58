/// Buckets that are saved in a store, and programs that come and go over it.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "bucket_run.hpp"
#include "storage/memory_store.hpp"

namespace authnz::actors::test {

struct saved_run {
  explicit saved_run(std::string_view limits = "", std::size_t keys = 1'000'000)
      : limits(bucket_run::read(limits, keys)) {
    restart();
  }

  rate_moment now() const { return {steady, proto::timestamp(std::chrono::microseconds(wall))}; }
  void pass(std::int64_t seconds) {
    steady += seconds * second;
    wall += seconds * second;
  }
  /// What is not saved is lost. Another program's steady clock begins anew.
  void restart() {
    steady = 5 * second;
    buckets = restore_buckets(store, limits, now());
  }
  std::size_t save(std::size_t limit = 4096) {
    storage::mini_transaction tx;
    buckets->save_changes(tx, limit, now());
    const auto writes = tx.writes.size();
    buckets->save_secret(tx);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
    return writes;
  }
  std::size_t records() {
    std::size_t n = 0;
    storage::for_each_rate_bucket(*store.read(), [&n](const storage::rate_bucket&) { return ++n > 0; });
    return n;
  }
  std::uint32_t take(request r, const std::string& client, const std::string& address = {}) {
    const std::array<rate_subject, 2> subjects{
        {{rate_subject::kind::client, client}, {rate_subject::kind::mail_address, address}}};
    return buckets->take(proto::row(r), std::span(subjects).first(address.empty() ? 1 : 2), steady).retry_after;
  }
  int passing(int asked, request r, const std::string& client = "192.0.2.1") {
    int passed = 0;
    for (int i = 0; i < asked; ++i) passed += take(r, client) == 0;
    return passed;
  }

  rate_limits limits;
  storage::memory_store store;
  std::int64_t steady = 0;
  std::int64_t wall = 1'700'000'000 * second;
  std::shared_ptr<rate_buckets> buckets;
};

}  // namespace authnz::actors::test
