#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/projection.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;

constexpr std::uint64_t keys_a_revision = 20;

std::string key_of(std::uint64_t n) { return "key" + std::to_string(n); }

/// Every revision writes all of the keys, and tells an event.
revision_changes changes_of(std::uint64_t revision) {
  revision_changes all{.revision = revision, .writes = {}, .events = {"event"}};
  for (std::uint64_t n = 0; n < keys_a_revision; ++n)
    all.writes.push_back({slice::attempts, key_of(n), std::to_string(revision) + std::string(revision % 3000, 'v')});
  return all;
}

/// Applies three revisions at a time until it is killed; tells of each time.
[[noreturn]] void apply_for_ever(const std::filesystem::path& path, int applied) {
  const auto env = open(path);
  projection follower(*env);
  for (auto last = follower.mark().applied;; last += 3) {
    const std::vector<revision_changes> three{changes_of(last + 1), changes_of(last + 2), changes_of(last + 3)};
    if (!follower.apply(three)) ::_exit(1);
    const std::uint64_t now = last + 3;
    if (::write(applied, &now, sizeof now) != sizeof now) ::_exit(2);
  }
}

/// The last revision that a child, killed in the midst of it, had applied.
std::uint64_t kill_a_follower(const std::filesystem::path& path, int enough) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    apply_for_ever(path, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t last = 0;
  for (int times = 0; ::read(ends[0], &last, sizeof last) == sizeof last;)
    if (++times == enough) ::kill(child, SIGKILL);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the follower gave up with " << WEXITSTATUS(status);
  return last;
}

TEST(a_killed_follower, has_the_records_of_the_revision_that_it_says_it_has) {
  const samples::directory home;
  {
    const auto env = open(home.store());
    ASSERT_TRUE(projection(*env).begin_rebuild("c1"));
    ASSERT_TRUE(projection(*env).end_rebuild(0, ""));
  }
  for (int round = 0; round < 8; ++round) {
    const auto told = kill_a_follower(home.store(), 5 + round * 3);
    const auto env = open(home.store());
    const auto mark = projection(*env).mark();
    ASSERT_TRUE(mark.whole);
    ASSERT_GE(mark.applied, told);
    ASSERT_EQ(mark.applied % 3, 0U) << "three revisions were one transaction";
    const auto v = env->read();
    for (std::uint64_t n = 0; n < keys_a_revision; ++n) {
      const auto found = v->get(slice::attempts, key_of(n));
      ASSERT_TRUE(found);
      ASSERT_EQ(found->revision, mark.applied);
      ASSERT_TRUE(found->value.starts_with(std::to_string(mark.applied)));
    }
    ASSERT_EQ(keys_of(*v, slice::audit).size(), mark.applied) << "an event a revision";
  }
}

}  // namespace
}  // namespace authnz::storage
