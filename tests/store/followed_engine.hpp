/// A cluster's engine in memory, and what a projection of it must be like.
#pragma once

#include <map>

#include "storage/audit_store.hpp"
#include "storage/memory_store.hpp"
#include "storage/projection.hpp"
#include "storage/slices.hpp"
#include "tests/store/random_life.hpp"

namespace authnz::storage::samples {

struct seen_record {
  std::uint64_t revision = 0;
  std::string value;
  friend bool operator==(const seen_record&, const seen_record&) = default;
};
using seen_records = std::map<std::string, seen_record>;

inline seen_records records_of(const view& v, slice in) {
  seen_records all;
  v.scan_all(in, {}, [&](std::string_view key, const record& r) {
    all[std::string(key)] = {r.revision, std::string(r.value)};
    return true;
  });
  return all;
}

/// Every slice that is the cluster's. Of index entries the keys alone: a
/// rebuild gives them the revision of their record.
inline void expect_same_cluster(const view& one, const view& other) {
  for (const auto& r : slice_table) {
    if (r.of != scope::cluster) continue;
    if (r.derived)
      EXPECT_EQ(keys_of(one, r.id), keys_of(other, r.id)) << r.name;
    else
      EXPECT_EQ(records_of(one, r.id), records_of(other, r.id)) << r.name;
  }
}

inline std::vector<std::string> texts_of_trail(const view& v) {
  std::vector<std::string> texts;
  for_each_audit_record(v, 0, [&](const audit_record& r) { return texts.emplace_back(r.text), true; });
  return texts;
}

class followed_engine {
 public:
  /// Decides; what it changed, if it held.
  std::optional<revision_changes> decide(const mini_transaction& tx) {
    if (kept_.commit(tx) != commit_result::applied) return std::nullopt;
    ++revision_;
    return revision_changes{revision_, tx.writes, tx.events};
  }

  /// Some random changes.
  std::vector<revision_changes> live(std::size_t count) {
    std::vector<revision_changes> all;
    while (all.size() < count) {
      const auto tx = life_.next(*kept_.read());
      if (tx.writes.empty()) continue;
      if (auto one = decide(tx)) all.push_back(std::move(*one));
    }
    return all;
  }

  /// At most `most` records from `first`; the slice's last page has no end.
  projection_page page(slice in, const std::string& first, std::size_t most) {
    projection_page page{.in = in, .first = first, .end = std::nullopt, .records = {}};
    const auto v = kept_.read();
    v->scan(in, first, [&](std::string_view key, const record& r) {
      if (page.records.size() == most) return page.end = key, false;
      page.records.push_back({std::string(key), r.revision, std::string(r.value)});
      return true;
    });
    return page;
  }

  /// All pages of all slices, which is what a rebuild gets.
  std::vector<projection_page> pages(std::size_t most) {
    std::vector<projection_page> all;
    for (const auto& r : slice_table) {
      if (r.of != scope::cluster || r.derived) continue;
      std::optional<std::string> first = "";
      while (first) {
        all.push_back(page(r.id, *first, most));
        first = all.back().end;
      }
    }
    return all;
  }

  std::unique_ptr<view> read() { return kept_.read(); }
  std::uint64_t revision() const { return revision_; }

 private:
  memory_store kept_;
  random_life life_{11};
  std::uint64_t revision_ = 0;
};

/// A node's store, as yet nobody's projection, and an engine.
class a_store : public testing::Test {
 protected:
  void reopen() {
    env.reset();
    env = open(home.store());
  }
  projection follower() { return projection(*env); }
  projection_mark mark() { return follower().mark(); }
  void follow(const std::vector<revision_changes>& changes) {
    const auto done = follower().apply(changes);
    ASSERT_TRUE(done) << done.error();
  }
  void begin_rebuild(const std::string& cluster = "c1") { ASSERT_TRUE(follower().begin_rebuild(cluster)); }
  void rebuild_pages(std::size_t most = 7) {
    for (const auto& page : engine.pages(most)) {
      const auto done = follower().rebuild(page);
      ASSERT_TRUE(done) << done.error();
    }
  }
  void end_rebuild(const std::string& event = "gap") { ASSERT_TRUE(follower().end_rebuild(engine.revision(), event)); }
  void rebuild() {
    begin_rebuild();
    rebuild_pages();
    end_rebuild();
  }
  std::vector<std::string> trail() { return texts_of_trail(*env->read()); }
  void expect_equal_to_engine() { expect_same_cluster(*env->read(), *engine.read()); }

  samples::directory home;
  std::unique_ptr<environment> env = open(home.store());
  followed_engine engine;
};

}  // namespace authnz::storage::samples
