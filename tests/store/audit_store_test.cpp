#include "storage/audit_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "storage/codec.hpp"
#include "storage/memory_store.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

std::string key_of(std::uint64_t number) {
  std::string key;
  append_u64(key, number);
  return key;
}

mini_transaction telling(std::vector<std::string> events) {
  mini_transaction tx;
  tx.events = std::move(events);
  return tx;
}

std::vector<std::string> texts(const view& v, std::uint64_t first = 0) {
  std::vector<std::string> all;
  for_each_audit_record(v, first, [&](const audit_record& r) {
    all.emplace_back(r.text);
    return true;
  });
  return all;
}

struct audit_trail : testing::Test {
  commit_result commit(const mini_transaction& tx) { return store.commit(tx); }
  void tell(int from, int to) {
    for (int i = from; i <= to; ++i) ASSERT_EQ(commit(telling({"event " + std::to_string(i)})), commit_result::applied);
  }
  audit_walk walk(const audit_end& from, std::uint64_t most = 1000) { return verify_audit(*store.read(), from, most); }
  audit_walk walk() { return walk(audit_anchor(*store.read())); }

  memory_store store;
};

TEST_F(audit_trail, grows_with_the_change_that_it_tells_of) {
  auto tx = telling({"one", "two"});
  tx.writes.push_back({slice::attempts, "a", "value"});
  ASSERT_EQ(commit(tx), commit_result::applied);
  const auto v = store.read();
  EXPECT_EQ(texts(*v), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(v->get(slice::attempts, "a")->revision, v->get(slice::audit, key_of(1))->revision);
}

TEST_F(audit_trail, tells_nothing_of_a_change_that_conflicts) {
  auto tx = telling({"never"});
  tx.expects.push_back({slice::attempts, "a", 7});
  EXPECT_EQ(commit(tx), commit_result::conflict);
  EXPECT_TRUE(texts(*store.read()).empty());
}

TEST_F(audit_trail, numbers_its_records_from_one_without_gaps) {
  tell(1, 3);
  EXPECT_EQ(last_audit_record(*store.read()).number, 3);
  EXPECT_EQ(texts(*store.read(), 2), (std::vector<std::string>{"event 2", "event 3"}));
}

TEST_F(audit_trail, cannot_be_written_by_key) {
  tell(1, 1);
  mini_transaction put;
  put.writes.push_back({slice::audit, key_of(1), "forged"});
  EXPECT_EQ(commit(put), commit_result::storage_error);
  mini_transaction erase;
  erase.writes.push_back({slice::audit, key_of(1), std::nullopt});
  EXPECT_EQ(commit(erase), commit_result::storage_error);
  mini_transaction anchor;
  anchor.writes.push_back({slice::meta, std::string(audit_anchor_key), "forged"});
  EXPECT_EQ(commit(anchor), commit_result::storage_error);
}

TEST_F(audit_trail, holds_when_nobody_touched_it) {
  tell(1, 5);
  const auto found = walk();
  EXPECT_FALSE(found.broken);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.records, 5);
  EXPECT_EQ(found.end.hash, last_audit_record(*store.read()).hash);
}

TEST_F(audit_trail, is_verified_in_parts) {
  tell(1, 5);
  const auto first = walk(audit_anchor(*store.read()), 2);
  EXPECT_FALSE(first.complete);
  EXPECT_EQ(first.end.number, 2);
  const auto rest = walk(first.end);
  EXPECT_TRUE(rest.complete);
  EXPECT_EQ(rest.records, 3);
  EXPECT_FALSE(rest.broken);
}

TEST_F(audit_trail, does_not_fit_an_end_that_was_another) {
  tell(1, 3);
  auto end = walk(audit_anchor(*store.read()), 2).end;
  end.hash[0] = static_cast<char>(end.hash[0] ^ 1);
  const auto found = walk(end);
  ASSERT_TRUE(found.broken);
  EXPECT_EQ(found.broken->number, 3);
}

TEST_F(audit_trail, forgets_its_oldest_and_still_holds) {
  tell(1, 5);
  mini_transaction tx;
  tx.forget_events = 3;
  ASSERT_EQ(commit(tx), commit_result::applied);
  EXPECT_EQ(texts(*store.read()), (std::vector<std::string>{"event 4", "event 5"}));
  EXPECT_EQ(audit_anchor(*store.read()).number, 3);
  EXPECT_FALSE(walk().broken);
  tell(6, 6);
  EXPECT_EQ(walk().records, 3);
}

TEST_F(audit_trail, goes_on_counting_when_all_of_it_is_forgotten) {
  tell(1, 2);
  mini_transaction tx;
  tx.forget_events = 99;
  ASSERT_EQ(commit(tx), commit_result::applied);
  EXPECT_TRUE(texts(*store.read()).empty());
  tell(3, 3);
  EXPECT_EQ(last_audit_record(*store.read()).number, 3);
  EXPECT_FALSE(walk().broken);
}

TEST_F(audit_trail, forgets_a_bounded_number_at_once) {
  std::vector<std::string> many(most_audit_removals + 5, "event");
  ASSERT_EQ(commit(telling(many)), commit_result::applied);
  mini_transaction tx;
  tx.forget_events = many.size();
  ASSERT_EQ(commit(tx), commit_result::applied);
  EXPECT_EQ(texts(*store.read()).size(), 5);
}

/// What somebody who can write the files could do.
class tampered_trail : public audit_trail {
 protected:
  /// A draft over a copy of the records, without the rules of mini-transactions.
  class raw final : public draft {
   public:
    std::optional<record> get(slice in, std::string_view key) const override {
      const auto at = all[index_of(in)].find(key);
      if (at == all[index_of(in)].end()) return std::nullopt;
      return record{1, at->second};
    }
    void scan(slice in, std::string_view from, const visitor& visit) const override {
      for (auto at = all[index_of(in)].lower_bound(from); at != all[index_of(in)].end(); ++at)
        if (!visit(at->first, {1, at->second})) return;
    }
    std::optional<std::string> last_key(slice in) const override {
      if (all[index_of(in)].empty()) return std::nullopt;
      return all[index_of(in)].rbegin()->first;
    }
    void put(slice in, std::string_view key, std::uint64_t, std::string_view value) override {
      all[index_of(in)].insert_or_assign(std::string(key), std::string(value));
    }
    void erase(slice in, std::string_view key) override { all[index_of(in)].erase(std::string(key)); }
    bool failed() const noexcept override { return false; }

    std::array<std::map<std::string, std::string, std::less<>>, slice_count> all;
  };

  tampered_trail() {
    append_audit(disk, audit_anchor(disk), {"event 1", "event 2", "event 3", "event 4"}, 1);
    EXPECT_FALSE(verify_audit(disk, audit_anchor(disk), 100).broken);
  }
  std::string& record_of(std::uint64_t number) { return disk.all[index_of(slice::audit)].at(key_of(number)); }
  std::optional<std::uint64_t> broken_at() {
    const auto found = verify_audit(disk, audit_anchor(disk), 100);
    return found.broken ? std::optional(found.broken->number) : std::nullopt;
  }

  raw disk;
};

TEST_F(tampered_trail, shows_where_a_text_was_altered) {
  record_of(2).back() = '9';
  EXPECT_EQ(broken_at(), 2);
}

TEST_F(tampered_trail, shows_where_a_record_was_taken_away) {
  disk.erase(slice::audit, key_of(3));
  EXPECT_EQ(broken_at(), 3);
}

TEST_F(tampered_trail, shows_where_the_first_record_was_taken_away) {
  disk.erase(slice::audit, key_of(1));
  EXPECT_EQ(broken_at(), 1);
}

TEST_F(tampered_trail, shows_where_two_were_exchanged) {
  std::swap(record_of(2), record_of(3));
  EXPECT_EQ(broken_at(), 2);
}

TEST_F(tampered_trail, shows_where_a_record_cannot_be_read) {
  record_of(4).resize(7);
  EXPECT_EQ(broken_at(), 4);
}

TEST_F(tampered_trail, is_not_written_on_behind_a_record_that_cannot_be_read) {
  record_of(4).resize(7);
  EXPECT_EQ(judge(disk, telling({"event 5"}), 2), commit_result::storage_error);
  EXPECT_EQ(disk.all[index_of(slice::audit)].size(), 4);
}

TEST_F(tampered_trail, that_was_cut_off_at_its_end_does_not_reach_a_hash_that_was_kept) {
  const auto kept = last_audit_record(disk);
  disk.erase(slice::audit, key_of(4));
  const auto found = verify_audit(disk, audit_anchor(disk), 100);
  EXPECT_FALSE(found.broken);
  EXPECT_NE(found.end.hash, kept.hash);
}

}  // namespace
}  // namespace authnz::storage
