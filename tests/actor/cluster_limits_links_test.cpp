#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "actors/ratelimit.hpp"
#include "tests/actor/actor_rig.hpp"
#include "tests/actor/peer_rig.hpp"

namespace authnz::tests {
namespace {

using namespace actors;

/// Shows what it is told to show.
class shown_roster final : public peer_roster {
 public:
  std::shared_ptr<const peer_view> current() const noexcept override { return view_.load(); }
  void show(std::shared_ptr<const peer_view> view) { view_.store(std::move(view)); }

 private:
  std::atomic<std::shared_ptr<const peer_view>> view_;
};

/// The rate limiter of node `b`, which dials `a`.
class rate_limits_over_a_link : public testing::Test {
 protected:
  rate_limits_over_a_link() {
    registered.add("a", between.address());
    b.enter();
    auto made = std::make_shared<settings>();
    made->rates = parse_rate_limits("").value();
    made->rates.keys = 1000;
    config = made;
    buckets = std::make_shared<rate_buckets>(config->rates, limits_secret("c"));
  }
  ~rate_limits_over_a_link() override {
    caf::anon_send_exit(limiter, caf::exit_reason::kill);
    limiter = nullptr;
  }
  void start() {
    limiter = b.system.spawn(ratelimit, ratelimit_parts{.config = config,
                                                        .buckets = buckets,
                                                        .route =
                                                            [](proto::exchange_ptr&& ex) {
                                                              ex->answer({proto::http_status::ok, "", 0});
                                                            },
                                                        .on_refusal = {},
                                                        .measured = std::make_shared<meter>(),
                                                        .peers = &roster});
  }
  bool linked() {
    return eventually([&] { return a.linked_to("b") && b.linked_to("a"); });
  }
  /// That `a` counts.
  std::string client() const {
    const auto& row = proto::row(proto::request::user_list);
    for (int i = 0;; ++i) {
      auto name = "client " + std::to_string(i);
      const auto hash = buckets->own_hash_of(row, {rate_subject::kind::client, name});
      if (owner_of(*roster.current(), {reinterpret_cast<const char*>(hash.data()), hash.size()}) == "a") return name;
    }
  }
  void ask() {
    auto ex = test::make_exchange(answers, proto::request::user_list, "{}", client());
    ex->problems.clear();
    caf::anon_send(limiter, std::move(ex));
    ASSERT_TRUE(answers->take());
  }

  cluster_folder folder;
  roll registered;
  shown_roster roster;
  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  settings_ptr config;
  std::shared_ptr<rate_buckets> buckets;
  linked_node a{"a", folder.of("a"), registered};
  relay between{a.links->port()};
  linked_node b{"b", folder.of("b"), registered};
  ratelimit_actor limiter;
};

// Though both doors lead to the same actor of the same process.
TEST_F(rate_limits_over_a_link, go_on_when_it_ended_and_came_again_between_two_looks) {
  ASSERT_TRUE(linked());
  roster.show(b.links->current());
  start();
  ask();
  EXPECT_EQ(a.taken(), 1);
  const auto before = b.links->current()->number;
  between.cut();
  ASSERT_TRUE(eventually([&] { return b.links->current()->number >= before + 2; }));
  ASSERT_TRUE(linked());
  roster.show(b.links->current());
  ask();
  EXPECT_EQ(a.taken(), 2);
}

}  // namespace
}  // namespace authnz::tests
