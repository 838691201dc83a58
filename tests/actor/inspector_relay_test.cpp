#include <gtest/gtest.h>

#include "actors/inspector.hpp"
#include "actors/peers.hpp"
#include "storage/memory_store.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using nlohmann::json;

/// Another node, which answers with what it was asked.
peer_door::behavior_type other_node(peer_door::pointer, const std::string& answer) {
  return {
      [](hello_atom, std::uint16_t, const std::string&, const std::string&, const std::string&, const caf::actor&) {
        return std::string();
      },
      [](take_atom, const std::string&) { return std::string(); },
      [](hash_atom, const std::string&) { return std::string(); }, [](hand_atom, const std::string&) {},
      [answer](ask_atom, const std::string& name, const std::string& arguments, const std::string& who) {
        return answer.empty() ? json{{"ok", {{"asked", name}, {"arguments", arguments}, {"who", who}}}}.dump() : answer;
      }};
}

struct fixed_roster : peer_roster {
  std::shared_ptr<const peer_view> current() const noexcept override { return view; }
  std::shared_ptr<const peer_view> view = std::make_shared<const peer_view>();
};

/// The inspector of node `a`, which has a link to `b`, and none to `c`.
class an_inspector_with_peers : public testing::Test {
 protected:
  ~an_inspector_with_peers() override {
    if (inspected_) caf::anon_send_exit(inspected_, caf::exit_reason::user_shutdown);
    for (const auto& other : roster_.view->others)
      if (other.door) caf::anon_send_exit(other.door, caf::exit_reason::user_shutdown);
    inspected_ = nullptr;
    roster_.view = nullptr;
    threads_.system().await_all_actors_done();
  }

  /// `answer` is that of `b`; empty = what it was asked.
  void begin(const std::string& answer = {}) {
    peer_view view{.number = 1, .self = "a", .others = {{"b", threads_.system().spawn(other_node, answer)}, {"c", {}}}};
    roster_.view = std::make_shared<const peer_view>(std::move(view));
    parts_->outside.cluster.peers = &roster_;
    spawn();
  }
  void spawn() { inspected_ = threads_.system().spawn(inspector, std::shared_ptr<const inspection_parts>(parts_)); }

  json relay(const json& arguments) { return ask(arguments.dump()); }
  json ask(const std::string& arguments) {
    const caf::scoped_actor self(threads_.system());
    std::string answer;
    self->request(inspected_, std::chrono::seconds(10), ask_atom::value, std::string("relay"), arguments,
                  std::string("ada"))
        .receive([&](std::string& text) { answer = std::move(text); },
                 [&](const caf::error& why) { ADD_FAILURE() << threads_.system().render(why); });
    return json::parse(answer, nullptr, false);
  }
  std::string error_of(const json& arguments) { return error_in(relay(arguments)); }
  static std::string error_in(const json& answer) {
    return answer.contains("error") ? answer.at("error").value("code", "") : "ok";
  }

  test::threaded_system threads_;
  storage::memory_store store_;
  route_table routes_;
  gateway_ingress door_{{}, routes_, {}};
  node actors_;
  fixed_roster roster_;
  std::vector<std::string> written_;
  std::shared_ptr<inspection_parts> parts_ = std::make_shared<inspection_parts>(
      inspection_parts{.store = store_,
                       .routes = routes_,
                       .door = door_,
                       .actors = actors_,
                       .meters = std::make_shared<node_meters>(),
                       .traces = std::make_shared<tracer>(),
                       .audit = {[this](const audit_event& e) { written_.emplace_back(e.name); },
                                 [](const audit_event&) {}, [](const audit_event& e) { return std::string(e.name); }},
                       .settings = std::make_shared<settings>(),
                       .take_snapshot = {},
                       .outside = {},
                       .digest = {},
                       .node_name = "a",
                       .version = "test"});
  inspector_actor inspected_;
};

TEST_F(an_inspector_with_peers, has_another_node_answer_in_the_askers_name) {
  begin();
  const auto answer = relay({{"node", "b"}, {"question", "audit"}, {"arguments", {{"limit", 3}}}});
  EXPECT_EQ(answer.at("ok"), (json{{"asked", "audit"}, {"arguments", R"({"limit":3})"}, {"who", "ada"}}));
}

TEST_F(an_inspector_with_peers, hands_another_nodes_error_on) {
  begin(R"({"error":{"code":"conflict","text":"again"}})");
  EXPECT_EQ(relay({{"node", "b"}, {"question", "snapshot"}}).at("error"),
            (json{{"code", "conflict"}, {"text", "again"}}));
}

TEST_F(an_inspector_with_peers, does_not_hand_on_what_is_no_answer) {
  begin("nonsense");
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "snapshot"}}), "unavailable");
}

TEST_F(an_inspector_with_peers, outlives_an_error_that_is_no_text) {
  begin(R"({"error":{"code":7,"text":["again"]}})");
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "snapshot"}}), "unavailable");
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "snapshot"}}), "unavailable");
}

TEST_F(an_inspector_with_peers, does_not_hand_on_what_nests_without_end) {
  constexpr std::size_t depth = 500'000;
  begin(R"({"ok":)" + std::string(depth, '[') + std::string(depth, ']') + "}");
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "snapshot"}}), "unavailable");
}

TEST_F(an_inspector_with_peers, refuses_arguments_that_nest_without_end) {
  constexpr std::size_t depth = 500'000;
  const auto deep = std::string(depth, '[') + std::string(depth, ']');
  begin();
  EXPECT_EQ(error_in(ask(R"({"node":"b","question":"snapshot","arguments":)" + deep + "}")), "bad-argument");
}

TEST_F(an_inspector_with_peers, writes_what_others_do_to_no_audit_of_its_own) {
  begin();
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "limits-clear"}}), "ok");
  EXPECT_TRUE(written_.empty());
}

TEST_F(an_inspector_with_peers, answers_for_itself_and_writes_that_to_its_audit) {
  begin();
  EXPECT_EQ(relay({{"node", "a"}, {"question", "node"}}).at("ok").at("node"), "a");
  EXPECT_TRUE(written_.empty());
  EXPECT_EQ(error_of({{"node", "a"}, {"question", "trace-start"}}), "ok");
  EXPECT_EQ(written_, std::vector<std::string>{"admin.trace-start"});
}

TEST_F(an_inspector_with_peers, says_that_there_is_no_such_node) {
  begin();
  EXPECT_EQ(error_of({{"node", "d"}, {"question", "snapshot"}}), "not-found");
}

TEST_F(an_inspector_with_peers, says_that_there_is_no_link) {
  begin();
  EXPECT_EQ(error_of({{"node", "c"}, {"question", "snapshot"}}), "no-link");
}

TEST_F(an_inspector_with_peers, relays_nothing_twice) {
  begin();
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "relay"}, {"arguments", {{"node", "c"}, {"question", "snapshot"}}}}),
            "bad-argument");
}

TEST_F(an_inspector_with_peers, refuses_what_names_no_node_or_no_question) {
  begin();
  EXPECT_EQ(error_of({{"question", "node"}}), "bad-argument");
  EXPECT_EQ(error_of({{"node", "b"}}), "bad-argument");
  EXPECT_EQ(error_of({{"node", 7}, {"question", "node"}}), "bad-argument");
}

TEST_F(an_inspector_with_peers, says_what_to_do_where_there_are_no_links) {
  spawn();
  EXPECT_EQ(error_of({{"node", "b"}, {"question", "snapshot"}}), "not-possible");
}

}  // namespace
}  // namespace authnz::actors
