#include "actors/hasher.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "actors/breach.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;
using outcome = hash_job::outcome;

constexpr argon2_params cheap{64, 1, 1};

/// An exchange that waits for a computation.
struct waiting_client : pending_work {
  proto::exchange_ptr ex;
};

class hasher_actor_test : public testing::Test {
 protected:
  void start(hasher_options options = {}) { actor = threads.system().spawn(hasher, std::move(options), measured); }
  void TearDown() override { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }

  hash_ptr job(hash_job::kind what, const std::string& password, std::string phc = {}) {
    return test::make_hash_job(what, password, std::move(phc), cheap, home.actor);
  }
  hash_ptr ask(hash_ptr j) {
    caf::anon_send(actor, std::move(j));
    return home.jobs->take().value();
  }

  test::threaded_system threads;
  test::home<hash_ptr> home{threads.system()};
  meter_ptr measured = std::make_shared<meter>();
  hasher_actor actor;
};

TEST_F(hasher_actor_test, makes_hashes_that_verify) {
  start();
  const auto made = ask(job(hash_job::kind::make, "secret"));
  ASSERT_EQ(made->result, outcome::made);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "secret", made->phc))->result, outcome::matched);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "Secret", made->phc))->result, outcome::mismatched);
}

TEST_F(hasher_actor_test, never_uses_a_salt_twice) {
  start();
  const auto first = ask(job(hash_job::kind::make, "secret"))->phc;
  EXPECT_NE(ask(job(hash_job::kind::make, "secret"))->phc, first);
}

TEST_F(hasher_actor_test, fails_what_cannot_be_verified) {
  start();
  EXPECT_EQ(ask(job(hash_job::kind::verify, "secret", ""))->result, outcome::mismatched);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "secret", "$2b$12$bcrypt"))->result, outcome::mismatched);
}

TEST(hash_computation, costs_the_same_without_a_hash_that_verifies) {
  password_hasher hasher;
  const argon2_params params{16384, 2, 1};
  const auto time_of = [&](const std::string& phc) {
    hash_job j;
    j.phc = phc;
    j.params = params;
    auto shortest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      compute(hasher, j);
      shortest = std::min(shortest, std::chrono::steady_clock::now() - begun);
    }
    return shortest;
  };
  const auto real = time_of(hasher.make("secret", std::array<unsigned char, 16>{}, params));
  EXPECT_GT(time_of(""), real / 4);
  EXPECT_GT(time_of("no hash at all"), real / 4);
  EXPECT_GT(time_of("$argon2id$v=19$m=99999999,t=1,p=1$AQIDBAUGBwgJCgsMDQ4P/w$AAAAAAAAAAAAAAAAAAAAAA"), real / 4);
}

TEST_F(hasher_actor_test, computes_at_the_lowest_priority) {
  std::atomic<int> niceness = -1;
  hasher_options options;
  options.compute = [&](password_hasher&, hash_job&) {
    niceness = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  };
  start(options);
  ask(job(hash_job::kind::make, "secret"));
  EXPECT_EQ(niceness, 19);
  EXPECT_LT(getpriority(PRIO_PROCESS, 0), 19);
}

TEST_F(hasher_actor_test, computes_as_many_at_once_as_it_has_workers) {
  std::atomic<int> present = 0;
  std::atomic<int> most = 0;
  hasher_options options{.workers = 3};
  options.compute = [&](password_hasher&, hash_job& j) {
    most = std::max(most.load(), ++present);
    std::this_thread::sleep_for(50ms);
    --present;
    j.result = outcome::made;
  };
  start(options);
  for (int i = 0; i < 6; ++i) caf::anon_send(actor, job(hash_job::kind::make, "secret"));
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(home.jobs->take());
  EXPECT_EQ(most, 3);
}

TEST_F(hasher_actor_test, takes_turns_in_order) {
  start();
  for (int i = 0; i < 20; ++i) caf::anon_send(actor, job(hash_job::kind::make, std::to_string(i)));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(home.jobs->take().value()->password.reveal(), std::to_string(i));
}

TEST_F(hasher_actor_test, refuses_at_once_what_would_wait_too_long) {
  std::promise<void> go_on;
  auto may = go_on.get_future().share();
  hasher_options options{.workers = 1, .longest_wait = 250ms};
  options.compute = [&](password_hasher&, hash_job& j) {
    may.wait();
    j.result = outcome::made;
  };
  start(options);
  // One is computed, and with 100 ms each two may wait.
  for (int i = 0; i < 4; ++i) caf::anon_send(actor, job(hash_job::kind::make, std::to_string(i)));
  const auto refused = home.jobs->take().value();
  EXPECT_EQ(refused->result, outcome::refused);
  EXPECT_EQ(refused->password.reveal(), "3");
  EXPECT_EQ(refused->retry_after, 1);
  go_on.set_value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(home.jobs->take().value()->result, outcome::made);
  EXPECT_EQ(measured->read().failed, 1);
}

TEST_F(hasher_actor_test, refuses_what_has_waited_beyond_its_deadline) {
  start();
  auto late = job(hash_job::kind::make, "secret");
  late->deadline = std::chrono::steady_clock::now() - 1ms;
  EXPECT_EQ(ask(std::move(late))->result, outcome::refused);
}

TEST_F(hasher_actor_test, answers_503_for_a_worker_that_dies_and_replaces_it) {
  hasher_options options{.workers = 1};
  options.compute = [](password_hasher& hasher, hash_job& j) {
    if (j.password.reveal() == "poison") throw std::runtime_error("of no use");
    compute(hasher, j);
  };
  start(options);
  const auto answers = std::make_shared<test::answers>();
  auto client = std::make_shared<waiting_client>();
  client->ex = test::make_exchange(answers, proto::request::user_list, R"({"user_id": 1})");
  auto poison = job(hash_job::kind::make, "poison");
  poison->work = std::move(client);
  caf::anon_send(actor, std::move(poison));
  EXPECT_EQ(answers->take().value().status, proto::http_status::unavailable);
  EXPECT_EQ(ask(job(hash_job::kind::make, "secret"))->result, outcome::made);
  EXPECT_EQ(measured->read().failed, 1);
  EXPECT_EQ(measured->read().in_flight, 0);
}

struct fixed_list final : breached_passwords {
  std::atomic<int> asked = 0;
  std::optional<std::uint64_t> matches(const proto::secret& password) override {
    ++asked;
    if (password.reveal() == "unreachable") return std::nullopt;
    return password.reveal() == "password" ? 9 : 0;
  }
};

class breach_actor_test : public testing::Test {
 protected:
  std::optional<std::uint64_t> matches(std::shared_ptr<breached_passwords> list, const std::string& password) {
    const auto actor = threads.system().spawn<caf::detached>(breach, std::move(list), measured);
    auto j = std::make_shared<breach_job>();
    j->password = proto::secret(password);
    j->reply_to = home.actor;
    caf::anon_send(actor, std::move(j));
    const auto done = home.jobs->take().value();
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    return done->matches;
  }

  test::threaded_system threads;
  test::home<breach_ptr> home{threads.system()};
  meter_ptr measured = std::make_shared<meter>();
};

TEST_F(breach_actor_test, tells_what_the_list_knows) {
  EXPECT_EQ(matches(std::make_shared<fixed_list>(), "password"), 9);
  EXPECT_EQ(matches(std::make_shared<fixed_list>(), "unheard of"), 0);
}

TEST_F(breach_actor_test, knows_nothing_without_a_list) { EXPECT_EQ(matches(nullptr, "password"), 0); }

TEST_F(breach_actor_test, rests_when_the_list_is_out_of_reach) {
  const auto list = std::make_shared<fixed_list>();
  const auto actor = threads.system().spawn<caf::detached>(breach, list, measured);
  for (const auto* password : {"unreachable", "password"}) {
    auto j = std::make_shared<breach_job>();
    j->password = proto::secret(password);
    j->reply_to = home.actor;
    caf::anon_send(actor, std::move(j));
    EXPECT_EQ(home.jobs->take().value()->matches, std::nullopt);
  }
  EXPECT_EQ(list->asked, 1);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_F(breach_actor_test, tells_when_the_list_is_out_of_reach) {
  EXPECT_EQ(matches(std::make_shared<fixed_list>(), "unreachable"), std::nullopt);
  EXPECT_EQ(measured->read().failed, 1);
}

}  // namespace
}  // namespace authnz::actors
