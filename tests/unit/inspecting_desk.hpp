/// A desk at which an administrator asks, too: what the inspector's answers
/// decide is committed at once.
#pragma once

#include <string>

#include "actors/inspection/answers.hpp"
#include "admin_desk.hpp"

namespace authnz::actors::test {

class inspecting_desk : public admin_desk, public inspection_desk {
 public:
  const inspection_parts& parts() const override { return parts_; }
  void change(admin_decision decide, answer_to done) override {
    auto decided = decide(*store.read());
    if (!decided) return done(tl::unexpected(decided.error()));
    if (!decided->tx.empty()) {
      EXPECT_EQ(store.commit(decided->tx), storage::commit_result::applied);
    }
    done(decided->answer);
  }
  void request(const std::string&, const json&, answer_to done) override {
    done(tl::unexpected(inspection_error{"not-possible", "there is no node"}));
  }
  std::function<void(std::function<void()>)> way_home() const override {
    return [](const std::function<void()>& run) { run(); };
  }

  /// The answer, or `{"error": code}`.
  static json read(const inspected& answer) {
    return answer ? json(*answer) : json{{"error", answer.error().code}, {"text", answer.error().text}};
  }
  using acting = void (*)(inspection_desk&, const json&, answer_to);
  json act(acting what, const json& arguments) {
    json out;
    what(*this, arguments, [&](const inspected& answer) { out = read(answer); });
    return out;
  }

 private:
  route_table routes_;
  gateway_ingress door_{{}, routes_, {}};
  node actors_;
  inspection_parts parts_{.store = store,
                          .routes = routes_,
                          .door = door_,
                          .actors = actors_,
                          .meters = std::make_shared<node_meters>(),
                          .traces = std::make_shared<tracer>(),
                          .audit = {},
                          .settings = config,
                          .take_snapshot = {},
                          .outside = {},
                          .digest = {},
                          .node_name = "here",
                          .version = "test",
                          .time = {.wall = [this] { return now; }, .steady = {}}};
};

}  // namespace authnz::actors::test
