#include "storage/migrate.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "proto/token.hpp"
#include "storage/lmdb_state.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;

/// A draft of the slice `meta` alone.
class meta_draft final : public draft {
 public:
  std::optional<record> get(slice, std::string_view key) const override {
    const auto found = values.find(std::string(key));
    if (found == values.end()) return std::nullopt;
    return record{1, found->second};
  }
  void scan(slice, std::string_view, const visitor&) const override {}
  std::optional<std::string> last_key(slice) const override { return std::nullopt; }
  void put(slice, std::string_view key, std::uint64_t, std::string_view value) override {
    values.insert_or_assign(std::string(key), std::string(value));
  }
  void erase(slice, std::string_view key) override { values.erase(std::string(key)); }
  bool failed() const noexcept override { return false; }

  std::map<std::string, std::string> values;
};

class migrating : public testing::Test {
 protected:
  migration note(std::string name) {
    return [this, name = std::move(name)](draft&) {
      taken.push_back(name);
      return tl::expected<void, std::string>();
    };
  }
  void set_format(std::uint64_t format) {
    std::string text;
    append_u64(text, format);
    state.put(slice::meta, format_key, 1, text);
  }

  meta_draft state;
  std::vector<std::string> taken;
  std::vector<migration> steps{note("1 to 2"), note("2 to 3")};
};

TEST_F(migrating, takes_all_steps_from_the_first_format) {
  set_format(1);
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_EQ(taken, (std::vector<std::string>{"1 to 2", "2 to 3"}));
  EXPECT_EQ(stored_format(state), 3U);
}

TEST_F(migrating, takes_only_the_steps_that_are_missing) {
  set_format(2);
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_EQ(taken, (std::vector<std::string>{"2 to 3"}));
}

TEST_F(migrating, takes_no_step_in_a_new_store) {
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(stored_format(state), 3U);
}

TEST_F(migrating, refuses_a_newer_format) {
  set_format(4);
  EXPECT_FALSE(migrate(state, steps));
  EXPECT_EQ(stored_format(state), 4U);
}

TEST_F(migrating, stops_at_a_step_that_fails) {
  set_format(1);
  steps[0] = [](draft&) { return tl::expected<void, std::string>(tl::make_unexpected<std::string>("why")); };
  const auto done = migrate(state, steps);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), "why");
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(stored_format(state), 1U);
}

TEST_F(migrating, refuses_a_format_that_cannot_be_read) {
  state.put(slice::meta, format_key, 1, "1");
  EXPECT_FALSE(migrate(state, steps));
}

/// Does something within a write transaction, past the environment, which must
/// be closed. Makes the slices up to `last`.
void write_past(const std::filesystem::path& store, const std::function<void(draft&)>& change,
                slice last = slice_table.back().id) {
  MDB_env* raw = nullptr;
  ASSERT_EQ(mdb_env_create(&raw), MDB_SUCCESS);
  const env_ptr env(raw);
  ASSERT_EQ(mdb_env_set_mapsize(raw, std::size_t{64} << 20), MDB_SUCCESS);
  ASSERT_EQ(mdb_env_set_maxdbs(raw, slice_count), MDB_SUCCESS);
  ASSERT_EQ(mdb_env_open(raw, store.c_str(), MDB_NOTLS, 0600), MDB_SUCCESS);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(raw, nullptr, 0, &txn), MDB_SUCCESS);
  txn_ptr held(txn);
  slice_handles slices{};
  for (const auto& row : slice_table) {
    if (row.id > last) break;
    ASSERT_EQ(mdb_dbi_open(txn, row.name, MDB_CREATE, &slices[index_of(row.id)]), MDB_SUCCESS);
  }
  lmdb_draft state(txn, slices);
  change(state);
  ASSERT_FALSE(state.failed());
  ASSERT_EQ(mdb_txn_commit(held.release()), MDB_SUCCESS);
}

std::string number(std::uint64_t value) {
  std::string bytes;
  append_u64(bytes, value);
  return bytes;
}

std::string hash_of(std::string_view text) {
  const auto hash = proto::sha256(text);
  return {hash.begin(), hash.end()};
}

/// A user as format 1 has it.
std::string first_record(const user& u) {
  return record_writer(1)
      .boolean(true)
      .bytes(u.system_id)
      .bytes(u.full_name)
      .bytes(u.email)
      .bytes(u.password_hash)
      .bytes(u.role)
      .boolean(u.verified)
      .boolean(u.email_verified)
      .boolean(u.active)
      .boolean(u.admin_locked)
      .time(u.created)
      .time(u.updated)
      .maybe_time(u.last_login_try)
      .maybe_time(u.last_login_success)
      .maybe_time(u.emailverify_sent)
      .maybe_time(u.emailforgotpass_sent)
      .maybe_bytes(u.extra_info)
      .i64(u.verify_retry_wait_hours)
      .u64(u.session_epoch)
      .u64(u.apikey_epoch)
      .take();
}

/// A store of format 1 on disk.
class first_format : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::create_directory(path));
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const auto begin = [](draft& state) {
      state.put(slice::meta, format_key, 1, number(1));
      state.put(slice::meta, revision_key, 1000, {});
    };
    write_past(path, begin, slice::audit);
  }
  void put_user(draft& state, const user& u, std::uint64_t revision) {
    state.put(slice::users, number(static_cast<std::uint64_t>(u.id)), revision, first_record(u));
    state.put(slice::emails, hash_of(u.email), revision, record_writer(1).i64(u.id).take());
  }
  std::string value_past(slice in, const std::string& key) {
    std::string value;
    write_past(path, [&](draft& state) {
      const auto found = state.get(in, key);
      if (found) value = found->value;
    });
    return value;
  }

  samples::directory home;
  const std::filesystem::path path = home.store();
};

TEST_F(first_format, keeps_every_field_of_a_user) {
  const auto u = make_user(4);
  write_past(path, [&](draft& state) { put_user(state, u, 17); });
  const auto env = open(path);
  const auto found = find_user_by_email(*env->read(), u.email);
  ASSERT_TRUE(found);
  EXPECT_EQ(first_record(*found), first_record(u));
  EXPECT_EQ(found->id, 4);
  EXPECT_EQ(found->session_apikey_epoch, 0U);
}

TEST_F(first_format, keeps_the_revision_of_a_user) {
  write_past(path, [&](draft& state) { put_user(state, make_user(4), 17); });
  const auto env = open(path);
  EXPECT_EQ(find_user(*env->read(), 4).value().revision, 17U);
}

TEST_F(first_format, keeps_the_ids_of_deleted_users) {
  write_past(path,
             [&](draft& state) { state.put(slice::users, number(9), 3, record_writer(1).boolean(false).take()); });
  const auto env = open(path);
  const auto v = env->read();
  EXPECT_FALSE(find_user(*v, 9));
  EXPECT_FALSE(v->fault());
  EXPECT_EQ(next_user_id(*v), 10);
}

TEST_F(first_format, gets_the_slices_that_came_later) {
  write_past(
      path, [&](draft& state) { put_user(state, make_user(4), 17); }, slice::audit);
  const auto env = open(path);
  EXPECT_EQ(commit(*env, put(slice::marks, "mark", "v")), commit_result::applied);
  EXPECT_EQ(find_user(*env->read(), 4).value().email, make_user(4).email);
}

TEST_F(first_format, is_led_to_the_present_one_only_once) {
  write_past(path, [&](draft& state) { put_user(state, make_user(4), 17); });
  for (int start = 0; start < 2; ++start) {
    const auto env = open(path);
    EXPECT_EQ(stored_format(*env->read()), format_after(migrations()));
    EXPECT_EQ(find_user(*env->read(), 4).value().session_epoch, make_user(4).session_epoch);
  }
}

TEST_F(first_format, may_have_more_users_than_the_map_has_room_for) {
  constexpr std::int64_t last = 40'000;
  write_past(path, [&](draft& state) {
    user small;
    for (small.id = 1; small.id <= last; ++small.id)
      state.put(slice::users, number(static_cast<std::uint64_t>(small.id)), 5, first_record(small));
  });
  const auto env = open(path, {.map_size = 1 << 20});
  std::int64_t seen = 0;
  const auto v = env->read();
  for_each_user(*v, 0, [&](const user& u) { return u.id == ++seen; });
  EXPECT_EQ(seen, last);
  EXPECT_FALSE(v->fault());
}

TEST_F(first_format, is_left_as_it_is_when_a_user_is_damaged) {
  const auto damaged = first_record(make_user(5)) + "!";
  write_past(path, [&](draft& state) {
    put_user(state, make_user(4), 17);
    state.put(slice::users, number(5), 18, damaged);
  });
  const auto opened = environment::open(path);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("damaged: restore it from a backup"), std::string::npos) << opened.error();
  EXPECT_EQ(value_past(slice::users, number(4)), first_record(make_user(4)));
  EXPECT_EQ(value_past(slice::users, number(5)), damaged);
  EXPECT_EQ(value_past(slice::meta, std::string(format_key)), number(1));
}

TEST_F(first_format, is_left_as_it_is_when_a_user_has_another_version) {
  const auto newer = '\x02' + first_record(make_user(4)).substr(1);
  write_past(path, [&](draft& state) { state.put(slice::users, number(4), 17, newer); });
  EXPECT_FALSE(environment::open(path));
  EXPECT_EQ(value_past(slice::users, number(4)), newer);
}

}  // namespace
}  // namespace authnz::storage
