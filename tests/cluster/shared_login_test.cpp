// Who logs in, who waits, and who gives up, without an etcd.
#include "net/etcd/shared_login.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;
using attempt = shared_login::attempt;

/// Logins that one client begins and the test ends.
class shared_login_under_way : public testing::Test {
 protected:
  shared_login::way ending_with(const attempt& how) {
    return {.from = {},
            .log_in =
                [this, how] {
                  begun.set_value();
                  end.get_future().wait();
                  return how;
                },
            .is_over = [] { return false; },
            .longest_wait = 1h};
  }
  shared_login::way at_once(const std::string& token, std::chrono::milliseconds wait = 1h) {
    return {.from = "here: ",
            .log_in = [this, token] { return ++logins, attempt{token}; },
            .is_over = [this] { return looks = true, is_over.load(); },
            .longest_wait = wait};
  }
  /// The second one, which finds the first under way.
  auto joins() {
    return std::async(std::launch::async, [this] { return login.newer_than(0, 0, at_once("second")); });
  }
  auto begins(const attempt& how) {
    auto made = std::async(std::launch::async, [this, how] { return login.newer_than(0, 0, ending_with(how)); });
    begun.get_future().wait();
    return made;
  }

  shared_login login;
  std::promise<void> begun, end;
  std::atomic<int> logins = 0;
  std::atomic<bool> looks = false, is_over = false;
};

TEST_F(shared_login_under_way, is_waited_for_and_adopted) {
  auto first = begins({"first"});
  auto second = joins();
  while (!looks) std::this_thread::yield();
  end.set_value();
  EXPECT_EQ(first.get()->text, "first");
  EXPECT_EQ(second.get()->text, "first");
  EXPECT_EQ(logins, 0);
}

TEST_F(shared_login_under_way, fails_for_all_who_wait) {
  auto first = begins({tl::unexpected(failure{kind::refused, "wrong"})});
  auto second = joins();
  while (!looks) std::this_thread::yield();
  end.set_value();
  EXPECT_FALSE(first.get());
  const auto got = second.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, kind::refused);
  EXPECT_EQ(got.error().text, "wrong");
  EXPECT_EQ(logins, 0);
}

TEST_F(shared_login_under_way, is_begun_by_the_next_when_it_was_stopped) {
  auto first = begins({tl::unexpected(failure{kind::not_sent, "stopped"}), false});
  auto second = joins();
  while (!looks) std::this_thread::yield();
  end.set_value();
  EXPECT_FALSE(first.get());
  EXPECT_EQ(second.get()->text, "second");
}

TEST_F(shared_login_under_way, is_not_waited_for_by_who_is_stopped) {
  auto first = begins({"first"});
  auto second = joins();
  is_over = true;
  const auto got = second.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, kind::not_sent);
  end.set_value();
  EXPECT_TRUE(first.get());
}

TEST_F(shared_login_under_way, is_not_waited_for_longer_than_that) {
  auto first = begins({"first"});
  const auto got = login.newer_than(0, 0, at_once("second", 100ms));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, kind::not_sent);
  EXPECT_EQ(got.error().text, "here: another login takes too long");
  end.set_value();
  EXPECT_TRUE(first.get());
}

TEST_F(shared_login_under_way, does_not_hold_up_one_at_another_member) {
  auto first = begins({"first"});
  const auto got = login.newer_than(0, 1, at_once("second"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text, "second");
  end.set_value();
  EXPECT_TRUE(first.get());
}

TEST_F(shared_login_under_way, is_not_needed_by_who_has_an_older_token) {
  const auto one = login.newer_than(0, 0, at_once("one"));
  ASSERT_TRUE(one);
  EXPECT_EQ(login.newer_than(0, 1, at_once("other"))->text, "one");
  EXPECT_EQ(login.newer_than(one->number, 1, at_once("other"))->text, "other");
  EXPECT_EQ(logins, 2);
}

}  // namespace
}  // namespace authnz::net::etcd
