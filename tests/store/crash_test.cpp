#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;

/// Commits batches until it is killed, and tells the number of each one that
/// was acknowledged.
[[noreturn]] void commit_for_ever(const std::filesystem::path& path, std::uint32_t number, int acknowledged) {
  const auto env = open(path);
  for (;; ++number) {
    mini_transaction tx;
    add_session(tx, make_session(number, number % 5, number));
    tx.writes.push_back({slice::attempts, std::to_string(number), std::string(number % 7000, 'v')});
    if (commit(*env, tx) != commit_result::applied) ::_exit(1);
    if (::write(acknowledged, &number, sizeof number) != sizeof number) ::_exit(2);
  }
}

/// Kills a child in the midst of its commits; returns the numbers that it
/// acknowledged.
std::vector<std::uint32_t> kill_a_writer(const std::filesystem::path& path, std::uint32_t from, std::uint32_t enough) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(path, from, ends[1]);
  }
  ::close(ends[1]);
  std::vector<std::uint32_t> numbers;
  std::uint32_t number = 0;
  while (::read(ends[0], &number, sizeof number) == sizeof number) {
    numbers.push_back(number);
    // Reading goes on: what was acknowledged before the end counts too.
    if (number == from + enough) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer gave up with " << WEXITSTATUS(status);
  return numbers;
}

TEST(a_killed_process, loses_nothing_that_was_acknowledged) {
  const samples::directory home;
  std::vector<std::uint32_t> acknowledged;
  for (std::uint32_t round = 0; round < 5; ++round) {
    const auto numbers = kill_a_writer(home.store(), 1000 * round, 20 + round * 7);
    ASSERT_GT(numbers.size(), 20U);
    acknowledged.insert(acknowledged.end(), numbers.begin(), numbers.end());
    const auto env = open(home.store());
    const auto v = env->read();
    for (const auto number : acknowledged) {
      ASSERT_TRUE(v->get(slice::attempts, std::to_string(number))) << number;
      ASSERT_TRUE(find_session(*v, session_key(number))) << number;
    }
    EXPECT_EQ(keys_of(*v, slice::sessions_by_expiry).size(), keys_of(*v, slice::sessions).size());
  }
}

TEST(a_killed_process, leaves_the_store_free) {
  const samples::directory home;
  kill_a_writer(home.store(), 1, 3);
  EXPECT_TRUE(environment::open(home.store()));
}

}  // namespace
}  // namespace authnz::storage
