/// A whole node of actors over a store in memory, with the test as the client.
#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "actor_rig.hpp"
#include "actors/gateway.hpp"
#include "actors/seed.hpp"
#include "actors/spawn.hpp"
#include "storage/memory_store.hpp"

namespace authnz::actors::test {

/// Without rate limits, with cheap password hashes.
inline settings_ptr node_settings() {
  auto s = std::make_shared<settings>();
  s->server_name = "auth.example.org";
  s->common_passwords = std::make_shared<rules::password_list>(std::unordered_set<std::string>{});
  s->disposable_domains = std::make_shared<rules::domain_list>(std::vector<std::string>{});
  s->argon2 = {8, 1, 1};
  s->rates.enabled = false;
  s->permissions = std::make_shared<const rules::permissions>(rules::permissions::built_in());
  return s;
}

template <class Store>
class node_rig : public testing::Test {
 protected:
  void SetUp() override {
    const auto keep = [](const seeded&) { return tl::expected<void, std::string>(); };
    ASSERT_TRUE(seed(store, {"root@localhost", proto::secret("violet orchard bridge")}, *config,
                     clocks::system().wall(), keep));
    start({});
  }
  void TearDown() override { stop(); }

  void start(hasher_options hashing, std::uint32_t shards = 1, gateway_ingress::options entry = {}) {
    stop();
    hashing.niceness = 0;
    system.emplace(system_config);
    made = spawn_node(*system, {store,
                                routes,
                                config,
                                nullptr,
                                shards,
                                hashing,
                                [](const auto&, auto, const auto&, auto) {},
                                {},
                                [](const auto&) {},
                                [this](const auto& name, const auto&, auto) { deaths.put(name); }});
    door.emplace(entry, routes, made.gateway);
    // The supervisor has started everybody once it answers.
    caf::scoped_actor self(*system);
    self->request(made.supervisor, std::chrono::seconds(10), ping_atom::value)
        .receive([](pong_atom) {}, [](caf::error&) { FAIL(); });
  }
  void stop() {
    if (!system) return;
    caf::anon_send_exit(made.supervisor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(made.gateway, caf::exit_reason::user_shutdown);
    made = {};
    routes.update([](actors::routes& r) { r = {}; });
    system.reset();
  }

  void send(proto::request what, const nlohmann::json& body) {
    auto ex = make_exchange(to, what, body.dump().c_str());
    ex->arrived = proto::exchange::clock::now();
    door->submit(std::move(ex));
  }
  proto::reply answer() {
    return to->take().value_or(proto::reply{proto::http_status::internal_error, "no answer", 0});
  }
  static nlohmann::json new_session() {
    return {{"ip_address", "192.0.2.1"},
            {"user_agent", "t"},
            {"user_id", nullptr},
            {"expires", 1},
            {"extra_info_json", nullptr}};
  }
  template <class F>
  static bool eventually(F&& holds) {
    for (int i = 0; i < 1000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return holds();
  }

  settings_ptr config = node_settings();
  Store store;
  route_table routes;
  node_system_config system_config{1};
  std::optional<caf::actor_system> system;
  node made;
  std::optional<gateway_ingress> door;
  std::shared_ptr<answers> to = std::make_shared<answers>();
  arrivals<std::string> deaths;
};

}  // namespace authnz::actors::test
