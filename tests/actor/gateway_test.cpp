// How requests get past the gate of freshness.
#include "actors/gateway.hpp"

#include "node_rig.hpp"

namespace authnz::actors::test {
namespace {

using proto::http_status;
using proto::request;

/// Takes requests while the state is stale, as the test says.
class test_gate final : public freshness_gate {
 public:
  bool lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept override {
    ++asked;
    if (stale.empty()) return true;
    taken = std::move(ex);
    way = then;
    return false;
  }
  std::string not_fresh() const override { return stale; }

  void let_go() { way(std::move(taken)); }

  int asked = 0;
  std::string stale;
  proto::exchange_ptr taken;
  way_on way;
};

class gateway_freshness_test : public node_rig<storage::memory_store> {
 protected:
  void SetUp() override {
    node_rig::SetUp();
    door.emplace(gateway_ingress::options{.freshness = &gate}, routes, made.gateway);
    door->set_not_ready({});
  }
  void TearDown() override {
    gate.taken = nullptr;
    node_rig::TearDown();
  }
  void send_unlimited(const nlohmann::json& body) {
    auto ex = make_exchange(to, request::session_new, body.dump().c_str());
    ex->arrived = proto::exchange::clock::now();
    door->submit_unlimited(std::move(ex));
  }

  test_gate gate;
};

TEST_F(gateway_freshness_test, lets_requests_in_while_the_state_is_recent) {
  send(request::session_new, new_session());
  EXPECT_EQ(answer().status, http_status::ok);
  EXPECT_EQ(gate.asked, 1);
}

TEST_F(gateway_freshness_test, leaves_a_request_with_the_gate_while_it_is_not) {
  gate.stale = "the state is old";
  send(request::session_new, new_session());
  EXPECT_TRUE(gate.taken);
  EXPECT_EQ(to->size(), 0U);
}

TEST_F(gateway_freshness_test, counts_a_request_with_the_gate_as_in_flight) {
  gate.stale = "the state is old";
  send(request::session_new, new_session());
  EXPECT_EQ(door->in_flight(), 1U);
  gate.taken = nullptr;
  EXPECT_EQ(door->in_flight(), 0U);
}

TEST_F(gateway_freshness_test, lets_a_request_go_on_that_the_gate_gives_back) {
  gate.stale = "the state is old";
  send(request::session_new, new_session());
  gate.let_go();
  EXPECT_EQ(answer().status, http_status::ok);
}

TEST_F(gateway_freshness_test, asks_for_requests_of_administrators_too) {
  gate.stale = "the state is old";
  send_unlimited(new_session());
  ASSERT_TRUE(gate.taken);
  gate.let_go();
  EXPECT_EQ(answer().status, http_status::ok);
}

TEST_F(gateway_freshness_test, asks_for_no_request_that_is_not_admitted) {
  door.emplace(gateway_ingress::options{.most_in_flight = 0, .freshness = &gate}, routes, made.gateway);
  send(request::session_new, new_session());
  EXPECT_EQ(answer().status, http_status::unavailable);
  EXPECT_EQ(gate.asked, 0);
}

TEST_F(gateway_freshness_test, is_not_ready_while_the_state_is_old) {
  gate.stale = "the state is old";
  EXPECT_EQ(door->not_ready(), "the state is old");
  gate.stale.clear();
  EXPECT_EQ(door->not_ready(), std::nullopt);
}

}  // namespace
}  // namespace authnz::actors::test
