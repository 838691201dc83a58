#include "actors/inspector.hpp"

#include <gtest/gtest.h>

#include "actors/audit.hpp"
#include "storage/audit_store.hpp"
#include "storage/memory_store.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using nlohmann::json;

/// An inspector over an empty store, without a journal.
class an_inspector : public testing::Test {
 protected:
  an_inspector() {
    parts_->settings = std::make_shared<settings>();
    inspected_ = threads_.system().spawn(inspector, std::shared_ptr<const inspection_parts>(parts_));
  }
  ~an_inspector() override {
    caf::anon_send_exit(inspected_, caf::exit_reason::user_shutdown);
    inspected_ = nullptr;
    threads_.system().await_all_actors_done();
  }

  json ask(const std::string& question, const std::string& arguments) {
    const caf::scoped_actor self(threads_.system());
    std::string answer;
    self->request(inspected_, std::chrono::seconds(10), ask_atom::value, question, arguments, std::string("ada"))
        .receive([&](std::string& text) { answer = std::move(text); },
                 [&](const caf::error& why) { ADD_FAILURE() << threads_.system().render(why); });
    return json::parse(answer, nullptr, false);
  }
  std::string error_of(const std::string& question, const std::string& arguments = "{}") {
    const auto answer = ask(question, arguments);
    return answer.contains("error") ? answer.at("error").value("code", "") : "ok";
  }

  test::threaded_system threads_;
  storage::memory_store store_;
  route_table routes_;
  gateway_ingress door_{{}, routes_, {}};
  node actors_;
  std::vector<std::string> written_;
  audit_event last_{};
  std::shared_ptr<inspection_parts> parts_ = std::make_shared<inspection_parts>(
      inspection_parts{.store = store_,
                       .routes = routes_,
                       .door = door_,
                       .actors = actors_,
                       .meters = std::make_shared<node_meters>(),
                       .traces = std::make_shared<tracer>(),
                       .audit = {[this](const audit_event& e) {
                                   written_.emplace_back(e.name);
                                   last_ = e;
                                 },
                                 [](const audit_event&) {}, [](const audit_event& e) { return std::string(e.name); }},
                       .settings = {},
                       .take_snapshot = {},
                       .outside = {},
                       .digest = [](const std::string& person) { return "digest of " + person; },
                       .node_name = "here",
                       .version = "test"});
  inspector_actor inspected_;
};

TEST_F(an_inspector, says_which_protocol_it_speaks) {
  const caf::scoped_actor self(threads_.system());
  std::string answer;
  self->request(inspected_, std::chrono::seconds(10), hello_atom::value, std::uint16_t{99}, std::string("ada"))
      .receive([&](std::string& text) { answer = std::move(text); }, [](const caf::error&) { ADD_FAILURE(); });
  EXPECT_EQ(json::parse(answer).at("error").at("code"), "protocol");
}

TEST_F(an_inspector, does_not_know_every_question) { EXPECT_EQ(error_of("weather"), "unknown-question"); }

TEST_F(an_inspector, wants_arguments_that_are_an_object) {
  for (const auto* arguments : {"", "[]", "7", "{", "null"}) EXPECT_EQ(error_of("node", arguments), "bad-argument");
}

TEST_F(an_inspector, survives_a_question_that_throws) {
  // Without a function that takes a snapshot there is nothing to call.
  EXPECT_EQ(error_of("snapshot"), "internal");
  EXPECT_EQ(error_of("node"), "ok");
}

TEST_F(an_inspector, refuses_requests_that_do_not_exist) {
  EXPECT_EQ(error_of("request", R"({"request":"user-fly"})"), "bad-argument");
  EXPECT_EQ(error_of("request", R"({"request":7})"), "bad-argument");
  EXPECT_EQ(error_of("request", "{}"), "bad-argument");
}

TEST_F(an_inspector, answers_a_request_whose_items_are_wrong) {
  const auto answer = ask("request", R"({"request":"user-list","body":{"user_id":"x"}})");
  EXPECT_EQ(answer.at("ok").at("failure_reason"), "invalid-parameters");
}

TEST_F(an_inspector, tells_when_nobody_decides_a_request) {
  EXPECT_EQ(error_of("request", R"({"request":"user-list","body":{"user_id":1}})"), "unavailable");
}

TEST_F(an_inspector, writes_to_the_audit_what_was_done_and_not_what_was_refused) {
  ASSERT_EQ(error_of("trace-stop", R"({"trace":1})"), "not-found");
  EXPECT_TRUE(written_.empty());
  ASSERT_EQ(error_of("trace-start", R"({"request":"user-login"})"), "ok");
  EXPECT_EQ(written_, std::vector<std::string>{"admin.trace-start"});
}

TEST_F(an_inspector, writes_whom_an_act_was_about_and_how_it_ended) {
  ask("request", R"({"request":"internal-user-lock","body":{"target_userid":7,"action":5}})");
  EXPECT_EQ(written_, std::vector<std::string>{"admin.internal-user-lock"});
  EXPECT_EQ(last_.target->text, "7");
  EXPECT_EQ(last_.actor->text, "administrator ada");
  EXPECT_EQ(last_.outcome, proto::code::invalid_parameters);
}

TEST_F(an_inspector, looks_at_arguments_strictly) {
  EXPECT_EQ(error_of("trace-start", R"({"request":"user-fly"})"), "bad-argument");
  EXPECT_EQ(error_of("trace-start", R"({"seconds":0})"), "bad-argument");
  EXPECT_EQ(error_of("trace-start", R"({"seconds":18446744073709551615})"), "bad-argument");
  EXPECT_EQ(error_of("trace-read", "{}"), "bad-argument");
  EXPECT_EQ(error_of("audit", R"({"since":"yesterday"})"), "bad-argument");
  EXPECT_EQ(error_of("audit", R"({"limit":0})"), "bad-argument");
  EXPECT_EQ(error_of("audit", R"({"after":-1})"), "bad-argument");
  EXPECT_EQ(error_of("audit-verify", R"({"after":1,"hash":"zz"})"), "bad-argument");
}

TEST_F(an_inspector, looks_at_what_is_to_be_checked_strictly) {
  for (const auto* arguments : {R"({"slice":"nothing"})", R"({"slice":7})", R"({"slice":"users","from":"zz"})",
                                R"({"limit":0})", R"({"limit":100001})"})
    EXPECT_EQ(error_of("store-check", arguments), "bad-argument") << arguments;
  for (const auto* arguments : {"{}", R"({"slice":"nothing"})", R"({"slice":"users","from":7})",
                                R"({"slice":"users","end":"z"})", R"({"slice":"users","limit":-1})"})
    EXPECT_EQ(error_of("store-digest", arguments), "bad-argument") << arguments;
}

TEST_F(an_inspector, checks_the_store_part_by_part) {
  storage::mini_transaction tx;
  for (int i = 0; i < 10; ++i) tx.writes.push_back({storage::slice::marks, std::to_string(i), "v"});
  tx.writes.push_back({storage::slice::attempts, "short", "v"});
  tx.events = {"one", "two"};
  ASSERT_EQ(store_.commit(tx), storage::commit_result::applied);
  std::uint64_t records = 0;
  json findings = json::array();
  json from{{"limit", 3}};
  for (int parts = 0; !from.is_null() && parts < 100; ++parts) {
    const auto part = ask("store-check", from.dump()).at("ok");
    records += part.at("records").get<std::uint64_t>();
    for (const auto& one : part.at("findings")) findings.push_back(one);
    from = part.at("next");
    if (!from.is_null()) from["limit"] = 3;
  }
  EXPECT_TRUE(from.is_null());
  EXPECT_EQ(records, 13U);
  const json expected{{"slice", "attempts"}, {"key", "73686f7274"}, {"what", "has a key of a wrong size"}};
  EXPECT_EQ(findings, json::array({expected}));
}

TEST_F(an_inspector, digests_ranges_of_records) {
  storage::mini_transaction tx;
  for (const auto* key : {"a", "b", "c"}) tx.writes.push_back({storage::slice::marks, key, "v"});
  ASSERT_EQ(store_.commit(tx), storage::commit_result::applied);
  const auto first = ask("store-digest", R"({"slice":"marks","limit":2})").at("ok");
  EXPECT_EQ(first.at("records"), 2);
  EXPECT_EQ(first.at("next"), "63");
  EXPECT_EQ(first.at("whole"), true);
  const auto same = ask("store-digest", R"({"slice":"marks","from":"61","end":"63"})").at("ok");
  EXPECT_EQ(same.at("sha256"), first.at("sha256"));
  EXPECT_TRUE(same.at("next").is_null());
}

TEST_F(an_inspector, reads_the_trail_page_by_page) {
  storage::mini_transaction tx;
  const auto clear = proto::pii_digest::clear();
  for (int i = 0; i < 5; ++i)
    tx.events.push_back(audit_line({.name = "user.login", .target = personal_text{"7"}}, proto::timestamp{}, clear));
  ASSERT_EQ(store_.commit(tx), storage::commit_result::applied);
  const auto first = ask("audit", R"({"limit":3,"user":"7"})").at("ok");
  EXPECT_EQ(first.at("events").size(), 3);
  EXPECT_TRUE(first.at("more").get<bool>());
  const auto rest = ask("audit", json{{"after", first.at("last")}}.dump()).at("ok");
  EXPECT_EQ(rest.at("events").size(), 2);
  EXPECT_FALSE(rest.at("more").get<bool>());
  EXPECT_EQ(ask("audit", R"({"user":"8"})").at("ok").at("events").size(), 0);
}

}  // namespace
}  // namespace authnz::actors
