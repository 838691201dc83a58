#include <gtest/gtest.h>
#include <sys/mount.h>

#include "tests/store/failing_disk.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;
using enum commit_result;

constexpr auto in = slice::attempts;

std::string value(environment& env, std::string_view key) {
  const auto v = env.read();
  const auto found = v->get(in, key);
  if (v->fault()) return "fault";
  return found ? std::string(found->value) : "absent";
}

class a_failing_disk : public testing::Test {
 protected:
  a_failing_disk() { EXPECT_EQ(commit(*env, put(in, "old", "kept")), applied); }

  commit_result commit_on(disk_fault fault, std::size_t size = 20'000) {
    const failing_disk failing(fault);
    return commit(*env, {{}, {{in, "old", std::nullopt}, {in, "new", std::string(size, 'v')}}});
  }
  void expect_nothing_written() {
    EXPECT_EQ(value(*env, "old"), "kept");
    EXPECT_EQ(value(*env, "new"), "absent");
  }
  void expect_recovery() {
    EXPECT_EQ(commit(*env, put(in, "new", "later")), applied);
    EXPECT_EQ(value(*env, "new"), "later");
    env.reset();
    env = open(home.store());
    EXPECT_EQ(value(*env, "old"), "kept");
    EXPECT_EQ(value(*env, "new"), "later");
  }

  samples::directory home;
  std::unique_ptr<environment> env = open(home.store(), {.map_size = 256 << 10});
};

TEST_F(a_failing_disk, refuses_writes_as_full_and_recovers) {
  EXPECT_EQ(commit_on(disk_fault::full), storage_full);
  EXPECT_NE(env->last_failure().find("make room"), std::string::npos) << env->last_failure();
  expect_nothing_written();
  expect_recovery();
}

TEST_F(a_failing_disk, loses_nothing_to_writes_cut_short) {
  EXPECT_EQ(commit_on(disk_fault::cut_short), storage_error);
  expect_nothing_written();
  expect_recovery();
}

TEST_F(a_failing_disk, never_acknowledges_what_was_not_synced) {
  EXPECT_EQ(commit_on(disk_fault::unsynced), storage_error);
  expect_nothing_written();
  expect_recovery();
}

TEST_F(a_failing_disk, keeps_reads_alive_when_the_commits_last_write_fails) {
  EXPECT_EQ(commit_on(disk_fault::meta_refused), storage_error);
  expect_nothing_written();
  expect_recovery();
}

TEST_F(a_failing_disk, fails_a_batch_as_a_whole) {
  const failing_disk failing(disk_fault::full);
  EXPECT_EQ(commit_all(*env, {put(in, "a", ""), put_if(in, "old", 0, ""), put(in, "b", "")}),
            (std::vector{storage_full, storage_full, storage_full}));
}

#ifndef __SANITIZE_THREAD__
TEST_F(a_failing_disk, comes_back_after_a_map_that_could_not_grow) {
  EXPECT_EQ(commit_on(disk_fault::no_map, 1 << 20), storage_full);
  expect_recovery();
}
#endif

// The real thing, where this user may mount.
class a_small_disk : public testing::Test {
 protected:
  void SetUp() override {
    mounted = ::mount("tmpfs", home.path().c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0;
    if (!mounted) GTEST_SKIP() << "mounting is not permitted";
    env = open(home.store(), {.map_size = 256 << 10});
  }
  void TearDown() override {
    env.reset();
    if (mounted) ::umount(home.path().c_str());
  }
  /// How many records fitted.
  int fill(std::size_t size) {
    int count = 0;
    while (count < 1000 &&
           (last = commit(*env, put(in, "key" + std::to_string(count), std::string(size, 'v')))) == applied)
      ++count;
    return count;
  }

  samples::directory home;
  bool mounted = false;
  std::unique_ptr<environment> env;
  commit_result last = applied;
};

TEST_F(a_small_disk, says_that_it_is_full) {
  EXPECT_GT(fill(10'000), 10);
  EXPECT_EQ(last, storage_full) << env->last_failure();
}

TEST_F(a_small_disk, is_read_while_it_is_full) {
  ASSERT_GT(fill(10'000), 10);
  EXPECT_EQ(value(*env, "key3").size(), 10'000U);
}

TEST_F(a_small_disk, is_written_again_when_there_is_room) {
  ASSERT_GT(fill(10'000), 10);
  ASSERT_EQ(::mount("tmpfs", home.path().c_str(), "tmpfs", MS_REMOUNT, "size=8m,mode=0700"), 0);
  EXPECT_EQ(commit(*env, put(in, "later", "written")), applied) << env->last_failure();
  EXPECT_EQ(value(*env, "later"), "written");
}

}  // namespace
}  // namespace authnz::storage
