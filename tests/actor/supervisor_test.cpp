#include "actors/supervisor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

/// A supervisor of actors that tell when they start and end.
class supervisor_test : public testing::Test {
 protected:
  child make_child(const std::string& name, bool ends_last = false, bool lingers = false) {
    child c;
    c.name = name;
    c.start = [this, name, lingers](const settings_ptr&) {
      events.push_back(name + " starts");
      // With an argument, as CAF binds a reference to nothing where there is none.
      const auto behaviour = [this, lingers](caf::event_based_actor* self, const std::string& own) -> caf::behavior {
        self->set_exit_handler([this, own, lingers, self](caf::exit_msg& why) {
          events.push_back(own + " ends");
          if (!lingers) self->quit(why.reason);
        });
        return {[self](tick_atom) { self->quit(caf::exit_reason::user_shutdown); }};
      };
      return stepped.system.spawn(behaviour, name);
    };
    c.withdraw = [] {};
    c.measured = std::make_shared<meter>();
    c.ends_last = ends_last;
    return c;
  }
  void start(std::vector<child> children) {
    for (auto& c : children)
      c.start = [this, inner = c.start](const settings_ptr& s) { return started.emplace_back(inner(s)); };
    actor = stepped.system.spawn(supervisor, std::move(children), std::make_shared<settings>(),
                                 death_hook([](const std::string&, const std::string&, std::uint32_t) {}));
    stepped.run();
    events.clear();
  }
  void stop() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    stepped.run();
  }

  test::stepped_system stepped;
  std::vector<std::string> events;
  std::vector<caf::actor> started;
  supervisor_actor actor;
};

TEST_F(supervisor_test, ends_those_that_others_need_after_all_others) {
  start({make_child("journal", true), make_child("one"), make_child("two")});
  stop();
  EXPECT_EQ(events, (std::vector<std::string>{"one ends", "two ends", "journal ends"}));
}

TEST_F(supervisor_test, waits_for_others_before_it_ends_those_that_end_last) {
  start({make_child("journal", true), make_child("one", false, true)});
  stop();
  EXPECT_EQ(events, std::vector<std::string>{"one ends"});
  caf::anon_send(started[1], tick_atom::value);
  stepped.run();
  EXPECT_EQ(events, (std::vector<std::string>{"one ends", "journal ends"}));
}

TEST_F(supervisor_test, ends_when_all_others_have_ended) {
  start({make_child("journal", true), make_child("one")});
  caf::scoped_actor self(stepped.system);
  self->monitor(actor);
  stop();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; }, caf::after(0s) >> [] {});
  EXPECT_TRUE(down);
}

TEST_F(supervisor_test, ends_though_it_has_nobody_left) {
  start({});
  caf::scoped_actor self(stepped.system);
  self->monitor(actor);
  stop();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; }, caf::after(0s) >> [] {});
  EXPECT_TRUE(down);
}

TEST_F(supervisor_test, starts_again_who_dies) {
  start({make_child("one")});
  caf::anon_send_exit(started[0], caf::exit_reason::kill);
  stepped.pass(1s, 10ms);
  EXPECT_EQ(events, std::vector<std::string>{"one starts"});
  stop();
}

TEST_F(supervisor_test, starts_nobody_while_it_stops) {
  start({make_child("one"), make_child("two", false, true)});
  caf::anon_send_exit(started[0], caf::exit_reason::kill);
  stepped.run();
  stop();
  stepped.pass(1s, 10ms);
  EXPECT_EQ(events, std::vector<std::string>{"two ends"});
  caf::anon_send(started[1], tick_atom::value);
  stepped.run();
}

}  // namespace
}  // namespace authnz::actors
