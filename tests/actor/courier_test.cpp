#include "actors/courier.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

/// Does what the test says.
struct scripted_transport final : mail_transport {
  std::function<delivery_report(const outgoing_mail&, std::chrono::milliseconds)> script;
  delivery_report deliver(const outgoing_mail& mail, const mail_route&, std::chrono::milliseconds timeout) override {
    return script(mail, timeout);
  }
};

class courier_pool_test : public testing::Test {
 protected:
  template <class F>
  void start(F script, std::uint32_t couriers = 1) {
    auto way = std::make_shared<scripted_transport>();
    way->script = script;
    actor = threads.system().spawn(courier_pool, courier_options{couriers}, way, measured);
  }
  void TearDown() override { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }

  void send(const std::string& text, std::chrono::milliseconds time = 10s) {
    auto j = std::make_shared<mail_job>();
    j->mail.text = text;
    j->deadline = std::chrono::steady_clock::now() + time;
    j->reply_to = home.actor;
    caf::anon_send(actor, std::move(j));
  }
  mail_ptr next() { return home.jobs->take().value(); }

  test::threaded_system threads;
  test::home<mail_ptr> home{threads.system()};
  meter_ptr measured = std::make_shared<meter>();
  courier_pool_actor actor;
};

TEST_F(courier_pool_test, brings_home_what_the_mail_server_said) {
  start([](const outgoing_mail& mail, auto) { return delivery_report{delivery::refused, "550 for " + mail.text}; });
  send("hello");
  const auto done = next();
  EXPECT_EQ(done->report.result, delivery::refused);
  EXPECT_EQ(done->report.detail, "550 for hello");
}

TEST_F(courier_pool_test, counts_what_was_not_accepted_as_failed) {
  start([](const outgoing_mail& mail, auto) {
    return delivery_report{mail.text == "good" ? delivery::accepted : delivery::deferred, ""};
  });
  send("good");
  next();
  send("bad");
  next();
  EXPECT_EQ(measured->read().handled, 2U);
  EXPECT_EQ(measured->read().failed, 1U);
  EXPECT_EQ(measured->read().in_flight, 0U);
}

TEST_F(courier_pool_test, sends_as_many_at_once_as_it_has_couriers) {
  std::atomic<int> present = 0;
  std::atomic<int> most = 0;
  start(
      [&](const outgoing_mail&, auto) {
        most = std::max(most.load(), ++present);
        std::this_thread::sleep_for(50ms);
        --present;
        return delivery_report{delivery::accepted, ""};
      },
      3);
  for (int i = 0; i < 6; ++i) send("");
  for (int i = 0; i < 6; ++i) EXPECT_EQ(next()->report.result, delivery::accepted);
  EXPECT_EQ(most, 3);
}

TEST_F(courier_pool_test, gives_an_attempt_only_the_time_that_is_left) {
  start([](const outgoing_mail&, std::chrono::milliseconds timeout) {
    return delivery_report{timeout > 0ms && timeout <= 5s ? delivery::accepted : delivery::refused, ""};
  });
  send("", 5s);
  EXPECT_EQ(next()->report.result, delivery::accepted);
}

TEST_F(courier_pool_test, defers_what_no_courier_was_free_for_in_time) {
  std::promise<void> go_on;
  auto may = go_on.get_future().share();
  std::atomic<int> sent = 0;
  start([&](const outgoing_mail&, auto) {
    may.wait();
    ++sent;
    return delivery_report{delivery::accepted, ""};
  });
  send("first");
  send("second", 50ms);
  const auto late = next();
  EXPECT_EQ(late->mail.text, "second");
  EXPECT_EQ(late->report.result, delivery::deferred);
  go_on.set_value();
  EXPECT_EQ(next()->report.result, delivery::accepted);
  EXPECT_EQ(sent, 1);
}

TEST_F(courier_pool_test, sends_what_waited_as_soon_as_a_courier_is_free) {
  start([](const outgoing_mail&, auto) { return delivery_report{delivery::accepted, ""}; });
  for (int i = 0; i < 20; ++i) send(std::to_string(i));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(next()->mail.text, std::to_string(i));
}

TEST_F(courier_pool_test, defers_the_message_of_a_courier_that_dies_and_replaces_it) {
  start([](const outgoing_mail& mail, auto) {
    if (mail.text == "poison") throw std::runtime_error("a fault of the test");
    return delivery_report{delivery::accepted, ""};
  });
  send("poison");
  EXPECT_EQ(next()->report.result, delivery::deferred);
  send("good");
  EXPECT_EQ(next()->report.result, delivery::accepted);
  EXPECT_EQ(measured->read().in_flight, 0U);
}

TEST_F(courier_pool_test, defers_everything_without_a_transport) {
  actor = threads.system().spawn(courier_pool, courier_options{}, nullptr, measured);
  send("");
  EXPECT_EQ(next()->report.result, delivery::deferred);
}

}  // namespace
}  // namespace authnz::actors
