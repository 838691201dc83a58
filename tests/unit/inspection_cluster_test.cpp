#include <gtest/gtest.h>

#include "inspecting_desk.hpp"

namespace authnz::actors::test {
namespace {

using nlohmann::ordered_json;

using cluster_act = void (*)(inspection_desk&, const answer_to&);

/// A desk of a node of a cluster, or of a single node.
class a_desk : public inspecting_desk {
 public:
  const inspection_parts& parts() const override { return parts_; }
  json ask(cluster_act what) {
    json out;
    what(*this, [&](const inspected& answer) { out = read(answer); });
    return out;
  }
  std::optional<std::string> not_ready() const { return door_.not_ready(); }

 private:
  route_table routes_of_door_;
  gateway_ingress door_{{}, routes_of_door_, {}};
  inspection_parts with_door(const inspection_parts& p) {
    door_.set_not_ready({});
    return {p.store, p.routes, door_, p.actors, p.meters, p.traces, p.audit, p.settings, {}, {}, {}, "here", "test"};
  }

 public:
  inspection_parts parts_ = with_door(inspecting_desk::parts());
};

class inspection_of_a_cluster : public testing::Test {
 protected:
  inspection_of_a_cluster() {
    auto& c = desk.parts_.outside.cluster;
    c.status = [](const answer_to& done) { done(ordered_json{{"problems", {"no leader"}}}); };
    c.members = [](const answer_to& done) {
      done(tl::unexpected(inspection_error{"unavailable", "etcd is out of reach"}));
    };
    c.drain = [this](const answer_to& done) {
      drained = true;
      done(ordered_json{{"drained", true}});
    };
  }
  a_desk desk;
  bool drained = false;
};

TEST(inspection_of_a_single_node, has_no_cluster) {
  a_desk desk;
  for (const auto what : {inspection::cluster_status, inspection::cluster_members, inspection::cluster_drain})
    EXPECT_EQ(desk.ask(what).at("error"), "not-possible");
  EXPECT_FALSE(desk.not_ready());
}

TEST_F(inspection_of_a_cluster, hands_the_program_s_answer_on) {
  EXPECT_EQ(desk.ask(inspection::cluster_status).at("problems"), (json{"no leader"}));
}

TEST_F(inspection_of_a_cluster, hands_the_program_s_error_on) {
  EXPECT_EQ(desk.ask(inspection::cluster_members).at("text"), "etcd is out of reach");
}

TEST_F(inspection_of_a_cluster, leaves_a_drained_node_not_ready) {
  EXPECT_EQ(desk.ask(inspection::cluster_drain).at("drained"), true);
  EXPECT_TRUE(drained);
  EXPECT_EQ(desk.not_ready(), "drained");
}

TEST_F(inspection_of_a_cluster, leaves_a_node_ready_that_could_not_be_drained) {
  desk.parts_.outside.cluster.drain = [](const answer_to& done) {
    done(tl::unexpected(inspection_error{"unavailable", "try again"}));
  };
  EXPECT_EQ(desk.ask(inspection::cluster_drain).at("error"), "unavailable");
  EXPECT_FALSE(desk.not_ready());
}

}  // namespace
}  // namespace authnz::actors::test
