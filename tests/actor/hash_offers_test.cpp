#include "actors/hash_offers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/hasher.hpp"
#include "tests/actor/actor_rig.hpp"
#include "tests/actor/ratelimit_node.hpp"

namespace authnz::actors {
namespace {

using outcome = hash_job::outcome;
using test::fixed_roster;

constexpr argon2_params cheap{64, 1, 1};

proto::keyring_ptr keys(char letter) { return proto::keyring::parse(std::string(42, letter) + "A=").value(); }

/// Holds computations up until it is opened.
class barrier {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

/// How a peer's door deals with offers.
using offer_handler = std::function<caf::result<std::string>(peer_door::pointer, const std::string&)>;

peer_door::behavior_type door_with(peer_door::pointer self, const offer_handler& handle) {
  return {[](hello_atom, std::uint16_t, const std::string&, const std::string&, const std::string&,
             const caf::actor&) -> caf::result<std::string> { return caf::sec::unexpected_message; },
          [](take_atom, const std::string&) -> caf::result<std::string> { return caf::sec::unexpected_message; },
          [](hand_atom, const std::string&) {},
          [](ask_atom, const std::string&, const std::string&, const std::string&) -> caf::result<std::string> {
            return caf::sec::unexpected_message;
          },
          [self, handle](hash_atom, const std::string& packed) { return handle(self, packed); }};
}

/// A node with one worker, which the test keeps busy, and a peer that has one.
class a_busy_hasher : public testing::Test {
 protected:
  ~a_busy_hasher() override {
    held_up->open();
    for (const auto& one : {mine, theirs}) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
    roster.view = std::make_shared<peer_view>();
  }

  hasher_options sharing(const peer_roster& with, const node_meters_ptr& counts, char key = 'A') {
    hasher_options o;
    o.counts = counts;
    o.sharing = {&with, cheap, keys(key)};
    return o;
  }
  /// The peer's hasher, behind a door.
  void start_peer(hasher_options o) {
    theirs = threads.system().spawn(hasher, std::move(o), std::make_shared<meter>());
    link([this](peer_door::pointer self, const std::string& packed) -> caf::result<std::string> {
      auto promise = self->make_response_promise<std::string>();
      caf::anon_send(theirs,
                     std::make_shared<peer_job>(peer_job::kind::hash, packed, [promise](std::string text) mutable {
                       promise.deliver(std::move(text));
                     }));
      return promise;
    });
  }
  void link(const offer_handler& handle) {
    door = threads.system().spawn(door_with, handle);
    roster.view = std::make_shared<peer_view>(peer_view{1, "a", {{"b", door}}});
  }
  /// From now on its worker has something to do.
  void start_busy() {
    auto o = sharing(roster, my_counts);
    o.compute = [held = held_up](password_hasher& h, hash_job& job) {
      if (job.password.reveal() == "slow") held->wait();
      compute(h, job);
    };
    mine = threads.system().spawn(hasher, std::move(o), std::make_shared<meter>());
    caf::anon_send(mine, job(hash_job::kind::verify, "slow"));
    held_up->wait_for_one();
  }

  hash_ptr job(hash_job::kind what, const std::string& password, std::string phc = {}) {
    return test::make_hash_job(what, password, std::move(phc), cheap, home.actor);
  }
  hash_ptr ask(hash_ptr j) {
    caf::anon_send(mine, std::move(j));
    return home.jobs->take().value_or(std::make_shared<hash_job>());
  }
  /// What becomes of a job that its peer did not do, once the worker is free.
  hash_ptr ask_then_free(hash_ptr j, const std::atomic<int>& offered) {
    caf::anon_send(mine, std::move(j));
    while (offered == 0) std::this_thread::yield();
    held_up->open();
    home.jobs->take();  // the slow one
    return home.jobs->take().value_or(std::make_shared<hash_job>());
  }

  test::threaded_system threads;
  test::home<hash_ptr> home{threads.system()};
  fixed_roster roster;
  fixed_roster their_roster;
  node_meters_ptr my_counts = std::make_shared<node_meters>();
  node_meters_ptr their_counts = std::make_shared<node_meters>();
  std::shared_ptr<barrier> held_up = std::make_shared<barrier>();
  hasher_actor mine;
  hasher_actor theirs;
  peer_door door;
};

TEST_F(a_busy_hasher, has_a_peer_that_is_idle_compute) {
  start_peer(sharing(their_roster, their_counts));
  start_busy();
  const auto made = ask(job(hash_job::kind::make, "secret"));
  ASSERT_EQ(made->result, outcome::made);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "secret", made->phc))->result, outcome::matched);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "Secret", made->phc))->result, outcome::mismatched);
  EXPECT_EQ(ask(job(hash_job::kind::verify, "secret"))->result, outcome::mismatched);
  EXPECT_EQ(my_counts->hashing.by_others, 4U);
  EXPECT_EQ(their_counts->hashing.for_others, 4U);
}

TEST_F(a_busy_hasher, computes_itself_what_costs_unlike_usual) {
  start_peer(sharing(their_roster, their_counts));
  start_busy();
  const auto older = password_hasher().make("secret", std::array<unsigned char, 16>{}, {128, 1, 1});
  caf::anon_send(mine, job(hash_job::kind::verify, "secret", older));
  ASSERT_EQ(ask(job(hash_job::kind::make, "secret"))->result, outcome::made) << "another overtakes it";
  held_up->open();
  home.jobs->take();  // the slow one
  EXPECT_EQ(home.jobs->take().value()->result, outcome::matched);
  EXPECT_EQ(their_counts->hashing.for_others, 1U);
}

TEST_F(a_busy_hasher, computes_itself_when_its_peer_is_busy) {
  std::atomic<int> offered = 0;
  link([&](peer_door::pointer, const std::string& packed) -> caf::result<std::string> {
    ++offered;
    return seal_answer({offer_outcome::busy, {}}, open_offer(packed, keys('A'))->number, keys('A')).value();
  });
  start_busy();
  EXPECT_EQ(ask_then_free(job(hash_job::kind::make, "secret"), offered)->result, outcome::made);
  EXPECT_EQ(my_counts->hashing.by_others, 0U);
}

TEST_F(a_busy_hasher, computes_itself_when_its_peer_is_an_older_build) {
  std::atomic<int> offered = 0;
  link([&](peer_door::pointer, const std::string&) -> caf::result<std::string> {
    ++offered;
    return caf::sec::unexpected_message;
  });
  start_busy();
  EXPECT_EQ(ask_then_free(job(hash_job::kind::make, "secret"), offered)->result, outcome::made);
}

TEST_F(a_busy_hasher, computes_itself_when_its_peer_never_answers) {
  std::atomic<int> offered = 0;
  std::vector<caf::typed_response_promise<std::string>> unanswered;
  link([&](peer_door::pointer self, const std::string&) -> caf::result<std::string> {
    auto promise = self->make_response_promise<std::string>();
    unanswered.push_back(promise);
    ++offered;
    return promise;
  });
  start_busy();
  EXPECT_EQ(ask_then_free(job(hash_job::kind::make, "secret"), offered)->result, outcome::made);
}

TEST_F(a_busy_hasher, believes_nobody_without_the_shared_key) {
  std::atomic<int> offered = 0;
  link([&](peer_door::pointer, const std::string& packed) -> caf::result<std::string> {
    ++offered;
    return seal_answer({offer_outcome::matched, {}}, open_offer(packed, keys('A'))->number, keys('B')).value();
  });
  start_busy();
  const auto hash = password_hasher().make("secret", std::array<unsigned char, 16>{}, cheap);
  EXPECT_EQ(ask_then_free(job(hash_job::kind::verify, "wrong", hash), offered)->result, outcome::mismatched);
}

TEST_F(a_busy_hasher, takes_no_verdict_for_a_new_hash) {
  std::atomic<int> offered = 0;
  link([&](peer_door::pointer, const std::string& packed) -> caf::result<std::string> {
    ++offered;
    return seal_answer({offer_outcome::matched, {}}, open_offer(packed, keys('A'))->number, keys('A')).value();
  });
  start_busy();
  const auto made = ask_then_free(job(hash_job::kind::make, "secret"), offered);
  ASSERT_EQ(made->result, outcome::made);
  EXPECT_TRUE(password_hasher().verify("secret", made->phc));
}

TEST_F(a_busy_hasher, takes_no_hash_that_costs_less_than_usual) {
  std::atomic<int> offered = 0;
  link([&](peer_door::pointer, const std::string& packed) -> caf::result<std::string> {
    ++offered;
    const auto weak = password_hasher().make("secret", std::array<unsigned char, 16>{}, {8, 1, 1});
    return seal_answer({offer_outcome::made, weak}, open_offer(packed, keys('A'))->number, keys('A')).value();
  });
  start_busy();
  const auto made = ask_then_free(job(hash_job::kind::make, "secret"), offered);
  EXPECT_FALSE(needs_rehash(made->phc, cheap));
}

TEST_F(a_busy_hasher, computes_for_nobody_meanwhile) {
  start_busy();
  test::arrivals<std::string> answers;
  const auto number = new_offer_number();
  const auto sealed = seal_offer(*job(hash_job::kind::make, "secret"), number, keys('A')).value();
  caf::anon_send(mine,
                 std::make_shared<peer_job>(peer_job::kind::hash, sealed, [&](std::string t) { answers.put(t); }));
  const auto answer = open_answer(answers.take().value(), number, keys('A'));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, offer_outcome::busy);
}

/// A node that has nothing to do.
class an_idle_hasher : public a_busy_hasher {
 protected:
  std::string answer_to(const std::string& sealed) {
    test::arrivals<std::string> answers;
    caf::anon_send(theirs,
                   std::make_shared<peer_job>(peer_job::kind::hash, sealed, [&](std::string t) { answers.put(t); }));
    return answers.take().value_or("none");
  }
};

TEST_F(an_idle_hasher, answers_nothing_to_what_it_cannot_read) {
  start_peer(sharing(their_roster, their_counts));
  EXPECT_EQ(answer_to("nonsense"), "");
  EXPECT_EQ(answer_to(seal_offer(*job(hash_job::kind::make, "secret"), new_offer_number(), keys('B')).value()), "");
  EXPECT_EQ(their_counts->hashing.for_others, 0U);
}

TEST_F(an_idle_hasher, computes_for_others_nothing_that_costs_unlike_usual) {
  start_peer(sharing(their_roster, their_counts));
  auto dear = job(hash_job::kind::make, "secret");
  dear->params.passes = 64;
  const auto number = new_offer_number();
  const auto answer = open_answer(answer_to(seal_offer(*dear, number, keys('A')).value()), number, keys('A'));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, offer_outcome::unlike);
}

TEST_F(an_idle_hasher, computes_for_nobody_when_it_does_not_share) {
  start_peer({.counts = their_counts});
  EXPECT_EQ(answer_to(seal_offer(*job(hash_job::kind::make, "secret"), new_offer_number(), keys('A')).value()), "");
}

TEST_F(an_idle_hasher, follows_new_keys) {
  start_peer(sharing(their_roster, their_counts));
  auto next = std::make_shared<settings>();
  next->argon2 = cheap;
  next->mail.keys = keys('B');
  caf::anon_send(theirs, settings_ptr(next));
  const auto number = new_offer_number();
  const auto sealed = seal_offer(*job(hash_job::kind::make, "secret"), number, keys('B')).value();
  EXPECT_TRUE(open_answer(answer_to(sealed), number, keys('B')));
}

}  // namespace
}  // namespace authnz::actors
