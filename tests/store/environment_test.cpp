#include "storage/environment.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "storage/lmdb_state.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

std::string error_of(const std::filesystem::path& path) {
  const auto opened = environment::open(path);
  return opened ? "" : opened.error();
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Root may write everywhere: while this lives, root is a user without rights
/// beyond the directory, which is given to that user. Others stay who they are.
class somebody_else {
 public:
  explicit somebody_else(const std::filesystem::path& directory) {
    if (!was_root_) return;
    give(directory);
    for (const auto& below : std::filesystem::recursive_directory_iterator(directory)) give(below.path());
    EXPECT_EQ(::setresuid(nobody, nobody, 0), 0);
  }
  ~somebody_else() {
    if (!was_root_) return;
    EXPECT_EQ(::setresuid(0, 0, 0), 0);
  }
  somebody_else(const somebody_else&) = delete;
  somebody_else& operator=(const somebody_else&) = delete;

 private:
  static constexpr uid_t nobody = 65534;
  static void give(const std::filesystem::path& to) { EXPECT_EQ(::chown(to.c_str(), nobody, nobody), 0) << to; }

  bool was_root_ = ::geteuid() == 0;
};

/// Writes bytes as they are, past the environment, which must be closed.
void write_raw(const std::filesystem::path& path, const char* slice_name, std::string_view key,
               std::string_view bytes) {
  MDB_env* raw = nullptr;
  ASSERT_EQ(mdb_env_create(&raw), 0);
  const env_ptr env(raw);
  mdb_env_set_maxdbs(raw, slice_count);
  ASSERT_EQ(mdb_env_open(raw, path.c_str(), MDB_NOTLS, 0600), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(raw, nullptr, 0, &txn), 0);
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_dbi_open(txn, slice_name, 0, &dbi), 0);
  MDB_val k = to_val(key);
  MDB_val v = to_val(bytes);
  ASSERT_EQ(mdb_put(txn, dbi, &k, &v, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
}

TEST(environment, lets_nobody_else_in_whatever_the_umask) {
  const samples::directory home;
  const auto old = ::umask(0);
  const auto env = open(home.store());
  ::umask(old);
  EXPECT_EQ(mode_of(home.store()), 0700U);
  for (const auto* name : {"data.mdb", "lock.mdb", "lock"}) EXPECT_EQ(mode_of(home.store() / name), 0600U) << name;
}

TEST(environment, keeps_records_and_revisions_when_it_is_opened_again) {
  const samples::directory home;
  ASSERT_EQ(commit(*open(home.store()), put(slice::attempts, "a", "one")), applied);
  const auto env = open(home.store());
  ASSERT_EQ(commit(*env, put(slice::attempts, "b", "two")), applied);
  const auto v = env->read();
  EXPECT_EQ(v->get(slice::attempts, "a")->value, "one");
  EXPECT_EQ(v->get(slice::attempts, "b")->revision, 2U);
}

TEST(environment, is_refused_to_a_second_process) {
  const samples::directory home;
  const auto env = open(home.store());
  const auto child = ::fork();
  if (child == 0) {
    const auto error = error_of(home.store());
    ::_exit(mentions(error, "another process has it open") && mentions(error, home.store().string()) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(environment, is_free_again_when_it_is_closed) {
  const samples::directory home;
  open(home.store()).reset();
  EXPECT_EQ(error_of(home.store()), "");
}

TEST(environment, refuses_a_directory_that_others_may_enter) {
  const samples::directory home;
  open(home.store()).reset();
  std::filesystem::permissions(home.store(), std::filesystem::perms(0750));
  EXPECT_TRUE(mentions(error_of(home.store()), "chmod 700 " + home.store().string()));
}

TEST(environment, refuses_files_that_others_may_read) {
  const samples::directory home;
  open(home.store()).reset();
  const auto file = home.store() / "data.mdb";
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_TRUE(mentions(error_of(home.store()), "chmod 600 " + file.string()));
}

TEST(environment, refuses_what_is_no_directory) {
  const samples::directory home;
  std::ofstream(home.store()) << "a file";
  EXPECT_TRUE(mentions(error_of(home.store()), "is not a directory"));
}

TEST(environment, asks_for_a_parent_that_is_missing) {
  const samples::directory home;
  EXPECT_TRUE(mentions(error_of(home.path() / "missing" / "store"), "make its parent"));
}

TEST(environment, refuses_a_directory_that_it_cannot_write) {
  const samples::directory home;
  open(home.store()).reset();
  std::filesystem::permissions(home.store(), std::filesystem::perms(0500));
  {
    const somebody_else than_root(home.path());
    EXPECT_TRUE(mentions(error_of(home.store()), "cannot be written"));
  }
  std::filesystem::permissions(home.store(), std::filesystem::perms(0700));
}

TEST(environment, refuses_a_file_that_is_no_store) {
  const samples::directory home;
  open(home.store()).reset();
  std::ofstream(home.store() / "data.mdb", std::ios::trunc) << std::string(8192, 'x');
  EXPECT_TRUE(mentions(error_of(home.store()), "restore it from a backup"));
}

TEST(environment, refuses_a_newer_format_and_leaves_it_alone) {
  const samples::directory home;
  open(home.store()).reset();
  std::string newer;
  append_u64(newer, 1);
  append_u64(newer, 99);
  write_raw(home.store(), "meta", "format", newer);
  EXPECT_TRUE(mentions(error_of(home.store()), "its format is 99"));
  EXPECT_TRUE(mentions(error_of(home.store()), "start the newer program"));
}

TEST(environment, reports_a_record_too_short_for_its_revision_as_a_fault) {
  const samples::directory home;
  open(home.store()).reset();
  write_raw(home.store(), "attempts", "a", "short");
  const auto env = open(home.store());
  const auto v = env->read();
  EXPECT_FALSE(v->get(slice::attempts, "a"));
  EXPECT_TRUE(v->fault());
  EXPECT_EQ(commit(*env, put_if(slice::attempts, "a", 0, "")), storage_error);
}

TEST(environment, skips_damaged_records_in_a_scan_with_a_fault) {
  const samples::directory home;
  ASSERT_EQ(commit(*open(home.store()), put(slice::attempts, "b", "")), applied);
  write_raw(home.store(), "attempts", "a", "short");
  const auto env = open(home.store());
  const auto v = env->read();
  EXPECT_EQ(keys_of(*v, slice::attempts), std::vector<std::string>{"b"});
  EXPECT_TRUE(v->fault());
}

TEST(environment, grows_when_the_map_is_full) {
  const samples::directory home;
  const auto env = open(home.store(), {.map_size = 256 << 10});
  for (int i = 0; i < 64; ++i)
    ASSERT_EQ(commit(*env, put(slice::attempts, "key" + std::to_string(i), std::string(60'000, 'v'))), applied) << i;
  EXPECT_GT(env->statistics()->map_size, std::uint64_t{64} * 60'000);
  EXPECT_EQ(keys_of(*env->read(), slice::attempts).size(), 64U);
}

TEST(environment, opens_a_store_that_has_grown_beyond_the_first_map) {
  const samples::directory home;
  ASSERT_EQ(commit(*open(home.store()), put(slice::attempts, "a", std::string(5 << 20, 'v'))), applied);
  const auto env = open(home.store(), {.map_size = 256 << 10});
  EXPECT_EQ(commit(*env, put(slice::attempts, "b", std::string(1 << 20, 'v'))), applied);
  EXPECT_EQ(env->read()->get(slice::attempts, "a")->value.size(), std::size_t{5} << 20);
}

TEST(environment, does_not_grow_under_a_reader) {
  const samples::directory home;
  const auto env = open(home.store(), {.map_size = 256 << 10});
  ASSERT_EQ(commit(*env, put(slice::attempts, "a", "seen")), applied);
  auto v = env->read();
  EXPECT_EQ(commit(*env, put(slice::attempts, "b", std::string(1 << 20, 'v'))), storage_full);
  EXPECT_EQ(v->get(slice::attempts, "a")->value, "seen");
  v.reset();
  EXPECT_EQ(commit(*env, put(slice::attempts, "b", std::string(1 << 20, 'v'))), applied);
}

TEST(environment, grows_while_others_read_all_the_time) {
  const samples::directory home;
  const auto env = open(home.store(), {.map_size = 256 << 10});
  ASSERT_EQ(commit(*env, put(slice::attempts, "a", "seen")), applied);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!done) {
        const auto v = env->read();
        const auto found = v->get(slice::attempts, "a");
        if (!found || found->value != "seen" || v->fault()) ++wrong;
      }
    });
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(commit(*env, put(slice::attempts, "key" + std::to_string(i), std::string(60'000, 'v'))), applied);
  done = true;
  for (auto& r : readers) r.join();
  EXPECT_EQ(wrong, 0);
}

TEST(environment, answers_with_a_fault_when_there_are_too_many_readers) {
  const samples::directory home;
  open(home.store()).reset();
  const auto env = open(home.store(), {.max_readers = 2});
  std::vector<std::unique_ptr<view>> views;
  for (unsigned i = 0; i < env->statistics()->max_readers + 1; ++i) views.push_back(env->read());
  EXPECT_TRUE(views.back()->fault());
  views.clear();
  EXPECT_FALSE(env->read()->fault());
}

TEST(environment, uses_reader_slots_again) {
  const samples::directory home;
  const auto env = open(home.store());
  for (int i = 0; i < 1000; ++i) (void)env->read();
  EXPECT_LE(env->statistics()->readers, 2U);
}

TEST(environment, tells_how_far_the_oldest_view_is_behind) {
  const samples::directory home;
  const auto env = open(home.store());
  auto old = env->read();
  EXPECT_EQ(env->statistics()->oldest_reader_lag, 0U);
  ASSERT_EQ(commit(*env, put(slice::attempts, "a", "")), applied);
  ASSERT_EQ(commit(*env, put(slice::attempts, "b", "")), applied);
  EXPECT_EQ(env->statistics()->oldest_reader_lag, 2U);
  old.reset();
  EXPECT_EQ(env->statistics()->oldest_reader_lag, 0U);
}

TEST(environment, counts_records_by_slice) {
  const samples::directory home;
  const auto env = open(home.store());
  ASSERT_EQ(commit(*env, put(slice::attempts, "a", "")), applied);
  ASSERT_EQ(commit(*env, put(slice::attempts, "b", "")), applied);
  const auto counted = env->statistics();
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->slices[index_of(slice::attempts)].records, 2U);
  EXPECT_EQ(counted->slices[index_of(slice::users)].records, 0U);
  EXPECT_EQ(counted->last_revision, 2U);
  EXPECT_GT(counted->used_pages, 0U);
}

}  // namespace
}  // namespace authnz::storage
