// What every store must do.
#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

struct on_disk {
  samples::directory home;
  std::unique_ptr<environment> opened = open(home.store());
  store& get() { return *opened; }
};

struct in_memory {
  memory_store kept;
  store& get() { return kept; }
};

template <class Kind>
class every_store : public testing::Test {
 protected:
  store& kept() { return kind_.get(); }
  std::unique_ptr<view> look() { return kept().read(); }
  commit_result run(const mini_transaction& tx) { return commit(kept(), tx); }
  std::string value(slice in, std::string_view key) {
    const auto v = look();
    const auto found = v->get(in, key);
    return found ? std::string(found->value) : "absent";
  }
  std::uint64_t revision(slice in, std::string_view key) {
    const auto v = look();
    const auto found = v->get(in, key);
    return found ? found->revision : 0;
  }
  std::vector<std::string> keys(slice in, std::string_view from = {}) { return keys_of(*look(), in, from); }

 private:
  Kind kind_;
};

using kinds = testing::Types<on_disk, in_memory>;

class kind_name {
 public:
  template <class Kind>
  static std::string GetName(int) {
    return std::is_same_v<Kind, on_disk> ? "on_disk" : "in_memory";
  }
};

TYPED_TEST_SUITE(every_store, kinds, kind_name);

constexpr auto attempts_slice = slice::attempts;
constexpr auto meta_slice = slice::meta;

TYPED_TEST(every_store, reads_what_was_committed) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "one")), applied);
  EXPECT_EQ(this->value(attempts_slice, "a"), "one");
}

TYPED_TEST(every_store, keeps_slices_apart) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "one")), applied);
  EXPECT_EQ(this->value(meta_slice, "a"), "absent");
}

TYPED_TEST(every_store, keeps_empty_values_and_zero_bytes) {
  const std::string zeros("\0v\0", 3);
  ASSERT_EQ(this->run(put(attempts_slice, zeros, "")), applied);
  ASSERT_EQ(this->run(put(attempts_slice, "z", zeros)), applied);
  EXPECT_EQ(this->value(attempts_slice, zeros), "");
  EXPECT_EQ(this->value(attempts_slice, "z"), zeros);
}

TYPED_TEST(every_store, reads_no_key_that_is_empty_or_huge) {
  const auto v = this->look();
  EXPECT_FALSE(v->get(attempts_slice, ""));
  EXPECT_FALSE(v->get(attempts_slice, std::string(5000, 'k')));
  EXPECT_FALSE(v->fault());
}

TYPED_TEST(every_store, adds_only_what_is_absent) {
  ASSERT_EQ(this->run(put_if(attempts_slice, "a", 0, "first")), applied);
  EXPECT_EQ(this->run(put_if(attempts_slice, "a", 0, "second")), conflict);
  EXPECT_EQ(this->value(attempts_slice, "a"), "first");
}

TYPED_TEST(every_store, replaces_only_the_revision_that_was_read) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "first")), applied);
  const auto read = this->revision(attempts_slice, "a");
  ASSERT_EQ(this->run(put_if(attempts_slice, "a", read, "second")), applied);
  EXPECT_EQ(this->run(put_if(attempts_slice, "a", read, "third")), conflict);
  EXPECT_EQ(this->value(attempts_slice, "a"), "second");
}

TYPED_TEST(every_store, finds_no_revision_of_what_was_erased) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "first")), applied);
  const auto read = this->revision(attempts_slice, "a");
  ASSERT_EQ(this->run(erase(attempts_slice, "a")), applied);
  EXPECT_EQ(this->run(put_if(attempts_slice, "a", read, "second")), conflict);
  EXPECT_EQ(this->run(put_if(attempts_slice, "a", 0, "anew")), applied);
}

TYPED_TEST(every_store, erases_what_is_not_there) { EXPECT_EQ(this->run(erase(attempts_slice, "a")), applied); }

TYPED_TEST(every_store, writes_nothing_when_one_of_the_expectations_fails) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "kept")), applied);
  const mini_transaction tx{{{attempts_slice, "b", 0}, {attempts_slice, "a", 0}},
                            {{attempts_slice, "b", "new"}, {attempts_slice, "a", std::nullopt}}};
  ASSERT_EQ(this->run(tx), conflict);
  EXPECT_EQ(this->value(attempts_slice, "a"), "kept");
  EXPECT_EQ(this->value(attempts_slice, "b"), "absent");
}

TYPED_TEST(every_store, judges_a_batch_in_order) {
  const auto results =
      commit_all(this->kept(), {put_if(attempts_slice, "a", 0, "first"), put_if(attempts_slice, "a", 0, "second"),
                                erase(attempts_slice, "a"), put_if(attempts_slice, "a", 0, "third")});
  EXPECT_EQ(results, (std::vector{applied, conflict, applied, applied}));
  EXPECT_EQ(this->value(attempts_slice, "a"), "third");
}

TYPED_TEST(every_store, gives_strictly_ascending_revisions) {
  ASSERT_EQ(commit_all(this->kept(),
                       {put(attempts_slice, "a", ""), put_if(attempts_slice, "a", 0, ""), put(meta_slice, "b", "")}),
            (std::vector{applied, conflict, applied}));
  ASSERT_EQ(this->run(put(attempts_slice, "c", "")), applied);
  EXPECT_EQ(this->revision(attempts_slice, "a"), 1U);
  EXPECT_EQ(this->revision(meta_slice, "b"), 2U);
  EXPECT_EQ(this->revision(attempts_slice, "c"), 3U);
}

TYPED_TEST(every_store, gives_all_records_of_a_mini_transaction_one_revision) {
  ASSERT_EQ(this->run({{}, {{attempts_slice, "a", ""}, {meta_slice, "b", ""}}}), applied);
  EXPECT_EQ(this->revision(attempts_slice, "a"), this->revision(meta_slice, "b"));
}

TYPED_TEST(every_store, visits_keys_in_ascending_order_of_bytes) {
  for (const auto* key : {"b", "\xff", "a", "ab", "a\x01"}) ASSERT_EQ(this->run(put(attempts_slice, key, "")), applied);
  EXPECT_EQ(this->keys(attempts_slice), (std::vector<std::string>{"a", "a\x01", "ab", "b", "\xff"}));
}

TYPED_TEST(every_store, visits_from_the_first_key_that_is_not_below) {
  for (const auto* key : {"a", "c", "d"}) ASSERT_EQ(this->run(put(attempts_slice, key, "")), applied);
  EXPECT_EQ(this->keys(attempts_slice, "b"), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(this->keys(attempts_slice, "c"), (std::vector<std::string>{"c", "d"}));
  EXPECT_TRUE(this->keys(attempts_slice, "e").empty());
}

TYPED_TEST(every_store, stops_when_the_visitor_has_seen_enough) {
  for (const auto* key : {"a", "b", "c"}) ASSERT_EQ(this->run(put(attempts_slice, key, "")), applied);
  int seen = 0;
  this->look()->scan(attempts_slice, {}, [&](std::string_view, const record&) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TYPED_TEST(every_store, knows_the_greatest_key) {
  EXPECT_FALSE(this->look()->last_key(attempts_slice));
  for (const auto* key : {"a", "c", "b"}) ASSERT_EQ(this->run(put(attempts_slice, key, "")), applied);
  EXPECT_EQ(this->look()->last_key(attempts_slice), "c");
}

TYPED_TEST(every_store, shows_one_state_for_a_views_whole_life) {
  ASSERT_EQ(this->run(put(attempts_slice, "a", "before")), applied);
  const auto v = this->look();
  ASSERT_EQ(commit_all(this->kept(), {put(attempts_slice, "a", "after"), put(attempts_slice, "b", "new")}),
            (std::vector{applied, applied}));
  EXPECT_EQ(v->get(attempts_slice, "a")->value, "before");
  EXPECT_FALSE(v->get(attempts_slice, "b"));
  EXPECT_EQ(this->value(attempts_slice, "a"), "after");
}

TYPED_TEST(every_store, refuses_writes_to_derived_slices) {
  EXPECT_EQ(this->run(put(slice::sessions_by_user, "a", "")), storage_error);
  EXPECT_EQ(this->run(erase(slice::sessions_by_expiry, "a")), storage_error);
  EXPECT_EQ(this->run({{{slice::sessions_by_user, "a", 0}}, {}}), storage_error);
}

TYPED_TEST(every_store, refuses_writes_to_its_own_records) {
  EXPECT_EQ(this->run(put(meta_slice, "format", "")), storage_error);
  EXPECT_EQ(this->run(erase(meta_slice, "revision")), storage_error);
}

TYPED_TEST(every_store, refuses_keys_that_no_slice_can_hold) {
  EXPECT_EQ(this->run(put(attempts_slice, "", "")), storage_error);
  EXPECT_EQ(this->run(put(attempts_slice, std::string(max_key_size + 1, 'k'), "")), storage_error);
  EXPECT_EQ(this->run(put(attempts_slice, std::string(max_key_size, 'k'), "")), applied);
}

TYPED_TEST(every_store, refuses_a_key_that_is_written_twice) {
  EXPECT_EQ(this->run({{}, {{attempts_slice, "a", "1"}, {meta_slice, "a", "2"}}}), applied);
  EXPECT_EQ(this->run({{}, {{attempts_slice, "a", "1"}, {meta_slice, "b", "2"}, {attempts_slice, "a", "3"}}}),
            storage_error);
}

TYPED_TEST(every_store, applies_the_rest_of_a_batch_when_one_is_refused) {
  EXPECT_EQ(commit_all(this->kept(),
                       {put(attempts_slice, "a", ""), put(attempts_slice, "", ""), put(attempts_slice, "b", "")}),
            (std::vector{applied, storage_error, applied}));
}

TYPED_TEST(every_store, derives_the_indexes_of_a_session) {
  mini_transaction tx;
  add_session(tx, make_session(1, 7, 1000));
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(this->keys(slice::sessions_by_user), std::vector{sessions_by_user_key(7, session_key(1))});
  EXPECT_EQ(this->keys(slice::sessions_by_expiry), std::vector{sessions_by_expiry_key(at(1000), session_key(1))});
}

TYPED_TEST(every_store, moves_an_index_entry_with_its_session) {
  mini_transaction tx;
  add_session(tx, make_session(1, 7, 1000));
  ASSERT_EQ(this->run(tx), applied);
  auto now = *find_session(*this->look(), session_key(1));
  now.expires = at(2000);
  tx = {};
  replace_session(tx, now, now);
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(this->keys(slice::sessions_by_user), std::vector{sessions_by_user_key(7, session_key(1))});
  EXPECT_EQ(this->keys(slice::sessions_by_expiry), std::vector{sessions_by_expiry_key(at(2000), session_key(1))});
}

TYPED_TEST(every_store, drops_index_entries_with_their_session) {
  mini_transaction tx;
  add_session(tx, make_session(1, 7));
  ASSERT_EQ(this->run(tx), applied);
  tx = {};
  remove_session(tx, *find_session(*this->look(), session_key(1)));
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_TRUE(this->keys(slice::sessions_by_user).empty());
  EXPECT_TRUE(this->keys(slice::sessions_by_expiry).empty());
}

TYPED_TEST(every_store, derives_indexes_from_what_the_batch_did_before) {
  mini_transaction add;
  add_session(add, make_session(1, 7));
  const auto results = commit_all(this->kept(), {add, erase(slice::sessions, session_key(1))});
  ASSERT_EQ(results, (std::vector{applied, applied}));
  EXPECT_TRUE(this->keys(slice::sessions_by_user).empty());
}

TYPED_TEST(every_store, refuses_a_damaged_session) {
  EXPECT_EQ(this->run(put(slice::sessions, session_key(1), "no session")), storage_error);
  EXPECT_EQ(this->value(slice::sessions, session_key(1)), "absent");
}

TYPED_TEST(every_store, derives_the_indexes_of_an_api_key) {
  mini_transaction tx;
  add_apikey(tx, make_apikey(1, 7, 1000, 2000));
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(this->keys(slice::apikeys_by_user), std::vector{apikeys_by_user_key(7, session_key(1))});
  EXPECT_EQ(this->keys(slice::apikeys_by_expiry), std::vector{apikeys_by_expiry_key(at(2000), session_key(1))});
  EXPECT_EQ(this->keys(slice::apikeys_by_family), std::vector{apikeys_by_family_key(session_key(1), session_key(1))});
}

TYPED_TEST(every_store, keeps_session_tied_api_keys_out_of_families) {
  mini_transaction tx;
  add_apikey(tx, make_session_apikey(1, 7, 1000));
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(this->keys(slice::apikeys_by_user), std::vector{apikeys_by_user_key(7, session_key(1))});
  EXPECT_EQ(this->keys(slice::apikeys_by_expiry), std::vector{apikeys_by_expiry_key(at(1000), session_key(1))});
  EXPECT_TRUE(this->keys(slice::apikeys_by_family).empty());
}

TYPED_TEST(every_store, moves_an_index_entry_with_its_api_key) {
  mini_transaction tx;
  add_apikey(tx, make_apikey(1, 7, 3000, 2000));
  ASSERT_EQ(this->run(tx), applied);
  const auto before = *find_apikey(*this->look(), session_key(1));
  auto after = before;
  after.refreshed_by->used = true;
  tx = {};
  replace_apikey(tx, before, after);
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(this->keys(slice::apikeys_by_user), std::vector{apikeys_by_user_key(7, session_key(1))});
  EXPECT_EQ(this->keys(slice::apikeys_by_expiry), std::vector{apikeys_by_expiry_key(at(2000), session_key(1))});
}

TYPED_TEST(every_store, drops_index_entries_with_their_api_key) {
  mini_transaction tx;
  add_apikey(tx, make_apikey(1, 7));
  ASSERT_EQ(this->run(tx), applied);
  tx = {};
  remove_apikey(tx, *find_apikey(*this->look(), session_key(1)));
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_TRUE(this->keys(slice::apikeys_by_user).empty());
  EXPECT_TRUE(this->keys(slice::apikeys_by_expiry).empty());
  EXPECT_TRUE(this->keys(slice::apikeys_by_family).empty());
}

TYPED_TEST(every_store, refuses_a_damaged_api_key) {
  EXPECT_EQ(this->run(put(slice::apikeys, session_key(1), "no API key")), storage_error);
  EXPECT_EQ(this->value(slice::apikeys, session_key(1)), "absent");
}

TYPED_TEST(every_store, keeps_an_api_key_with_large_claims) {
  auto k = make_session_apikey(1, 7);
  k.claims = std::string(70 << 10, 'c');
  mini_transaction tx;
  add_apikey(tx, k);
  ASSERT_EQ(this->run(tx), applied);
  EXPECT_EQ(find_apikey(*this->look(), session_key(1)).value().claims, k.claims);
}

}  // namespace
}  // namespace authnz::storage
