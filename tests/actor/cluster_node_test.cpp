#include "actors/cluster_limits_text.hpp"
#include "actors/peers.hpp"
#include "node_rig.hpp"

namespace authnz::actors::test {
namespace {

class empty_roster final : public peer_roster {
 public:
  std::shared_ptr<const peer_view> current() const noexcept override { return view_; }

 private:
  std::shared_ptr<const peer_view> view_ = std::make_shared<peer_view>(peer_view{1, "node-1", {}});
};

/// A whole node of a cluster, which another one asks.
class cluster_node : public testing::Test {
 protected:
  cluster_node() {
    auto s = std::make_shared<settings>(*node_settings());
    s->rates = parse_rate_limits("user-list:3").value();
    made = spawn_node(*system, {.store = store,
                                .routes = routes,
                                .config = s,
                                .breached = nullptr,
                                .hashing = {},
                                .audit = [](const auto&, auto, const auto&, auto) {},
                                .on_answer = {},
                                .on_rate_refusal = [](const auto&) {},
                                .on_death = [](const auto&, const auto&, auto) {},
                                .peers = &roster,
                                .cluster = "c"});
    caf::scoped_actor self(*system);
    self->request(made.supervisor, std::chrono::seconds(10), ping_atom::value)
        .receive([](pong_atom) {}, [](caf::error&) { FAIL(); });
  }
  ~cluster_node() override { stop(); }
  void stop() {
    if (!system) return;
    caf::anon_send_exit(made.supervisor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(made.gateway, caf::exit_reason::user_shutdown);
    made.supervisor = nullptr;
    made.gateway = nullptr;
    routes.update([](actors::routes& r) { r = {}; });
    system.reset();
  }
  std::string answer_to(std::string packed) {
    made.take_for_peer(std::move(packed), [this](std::string text) { texts.put(std::move(text)); });
    return texts.take().value_or("no answer");
  }
  /// As the other node hashes it.
  rate_question question() {
    const rate_buckets theirs(parse_rate_limits("").value(), limits_secret("c"));
    const auto& row = proto::row(proto::request::user_list);
    return {.row = &row, .places = {theirs.place_of(row, {rate_subject::kind::client, "192.0.2.1"})}};
  }

  empty_roster roster;
  storage::memory_store store;
  route_table routes;
  node_system_config system_config{1};
  std::optional<caf::actor_system> system{std::in_place, system_config};
  node made;
  arrivals<std::string> texts;
};

TEST_F(cluster_node, counts_for_others) {
  const std::vector<rate_question> five(5, question());
  const auto verdicts = unpack_verdicts(answer_to(pack_questions(five)));
  ASSERT_TRUE(verdicts);
  ASSERT_EQ(verdicts->size(), 5U);
  EXPECT_TRUE(verdicts->at(2)->allowed());
  EXPECT_FALSE(verdicts->at(3)->allowed());
}

TEST_F(cluster_node, counts_on_where_others_stopped) {
  made.hand_from_peer(
      pack_handed(std::vector<rate_handed>{{proto::request::user_list, question().places[0].own, 0, 0}}));
  const auto q = question();
  const auto verdicts = unpack_verdicts(answer_to(pack_questions({&q, 1})));
  ASSERT_TRUE(verdicts);
  EXPECT_FALSE(verdicts->at(0)->allowed());
}

TEST_F(cluster_node, answers_others_at_once_when_it_cannot_count) {
  routes.update([](actors::routes& r) { r.ratelimit = nullptr; });
  EXPECT_EQ(answer_to(pack_questions({})), "");
}

}  // namespace
}  // namespace authnz::actors::test
