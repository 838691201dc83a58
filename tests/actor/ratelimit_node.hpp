/// Rate limiters of the nodes of a cluster, whose doors are actors of the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <caf/all.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/peers.hpp"
#include "actors/ratelimit.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors::test {

using namespace std::chrono_literals;
using proto::http_status;
using proto::request;

class fixed_roster final : public peer_roster {
 public:
  std::shared_ptr<const peer_view> current() const noexcept override { return view; }
  std::shared_ptr<const peer_view> view = std::make_shared<peer_view>();
};

/// A node's rate limiter, and its door for the others.
struct test_node {
  enum class manner { answers, keeps_silent, talks_nonsense };
  std::string name;
  fixed_roster roster;
  std::shared_ptr<rate_buckets> buckets;
  ratelimit_actor limiter;
  peer_door door;
  manner door_is = manner::answers;
  std::size_t asked = 0;  ///< texts
  std::vector<caf::typed_response_promise<std::string>> unanswered;
};

inline peer_door::behavior_type door_of(peer_door::pointer self, test_node* node) {
  return {[](hello_atom, std::uint16_t, const std::string&, const std::string&, const std::string&,
             const caf::actor&) -> caf::result<std::string> { return caf::sec::unexpected_message; },
          [self, node](take_atom, const std::string& packed) -> caf::result<std::string> {
            ++node->asked;
            if (node->door_is == test_node::manner::talks_nonsense) return std::string("nonsense");
            auto promise = self->make_response_promise<std::string>();
            if (node->door_is == test_node::manner::keeps_silent) return node->unanswered.emplace_back(promise);
            auto reply = [promise](std::string text) mutable { promise.deliver(std::move(text)); };
            caf::anon_send(node->limiter, std::make_shared<peer_job>(peer_job::kind::take, packed, reply));
            return promise;
          },
          [node](hand_atom, const std::string& packed) {
            caf::anon_send(node->limiter, std::make_shared<peer_job>(peer_job::kind::hand, packed, nullptr));
          },
          [](hash_atom, const std::string&) -> caf::result<std::string> { return caf::sec::unexpected_message; },
          [](ask_atom, const std::string&, const std::string&, const std::string&) -> caf::result<std::string> {
            return caf::sec::unexpected_message;
          }};
}

/// Nodes of one cluster, whose clock stands still unless the test moves it.
class cluster_ratelimit_test : public testing::Test {
 protected:
  void start(std::size_t count, std::string_view limits) {
    auto s = std::make_shared<settings>();
    s->rates = parse_rate_limits(limits).value();
    s->rates.keys = 10'000;
    config = s;
    for (std::size_t i = 0; i < count; ++i) {
      auto& n = *nodes.emplace_back(std::make_unique<test_node>());
      n.name = "node-" + std::to_string(i);
      n.door = stepped.system.spawn(door_of, &n);
      start_limiter(n);
    }
    know_each_other();
  }
  void start_limiter(test_node& n) {
    n.buckets = std::make_shared<rate_buckets>(config->rates, limits_secret("c"));
    n.limiter = stepped.system.spawn(
        ratelimit, ratelimit_parts{.config = config,
                                   .buckets = n.buckets,
                                   .route =
                                       [](proto::exchange_ptr&& ex) {
                                         ex->answer({http_status::ok, "passed", 0});
                                       },
                                   .on_refusal = [this](const proto::exchange& ex) { noted.push_back(ex.client); },
                                   .measured = std::make_shared<meter>(),
                                   .counts = counts,
                                   .peers = &n.roster});
  }
  /// All but those in `gone` are registered; those in `cut_off` have no links.
  void know_each_other(const std::vector<std::size_t>& gone = {}, const std::vector<std::size_t>& cut_off = {}) {
    change_views(gone, cut_off);
    stepped.pass(250ms, 250ms);
  }
  /// Nobody has acted on it yet.
  void change_views(const std::vector<std::size_t>& gone = {}, const std::vector<std::size_t>& cut_off = {}) {
    const auto is_in = [](const auto& list, std::size_t i) { return std::ranges::count(list, i) > 0; };
    ++view_number;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      auto view = std::make_shared<peer_view>(peer_view{view_number, nodes[i]->name, {}});
      for (std::size_t k = 0; k < nodes.size(); ++k) {
        if (k == i || is_in(gone, k)) continue;
        const bool linked = !is_in(cut_off, i) && !is_in(cut_off, k);
        view->others.push_back({nodes[k]->name, linked ? nodes[k]->door : peer_door()});
      }
      nodes[i]->roster.view = view;
    }
  }
  void end(ratelimit_actor& limiter, caf::exit_reason why = caf::exit_reason::user_shutdown) {
    caf::anon_send_exit(limiter, why);
    stepped.run();
    limiter = nullptr;
  }
  void TearDown() override {
    for (auto& n : nodes) {
      n->unanswered.clear();
      caf::anon_send_exit(n->limiter, caf::exit_reason::kill);
      caf::anon_send_exit(n->door, caf::exit_reason::kill);
      n->roster.view = std::make_shared<peer_view>();
    }
    stepped.run();
  }

  /// Whether node 0 knows another as the one that counts this client's requests.
  std::size_t owner_of_key(const proto::request_row& row, const rate_subject& who) {
    const auto hash = nodes[0]->buckets->own_hash_of(row, who);
    const auto owner = owner_of(*nodes[0]->roster.view, {reinterpret_cast<const char*>(hash.data()), hash.size()});
    for (std::size_t i = 1; i < nodes.size(); ++i)
      if (nodes[i]->name == owner) return i;
    return 0;
  }
  std::string client_of(std::size_t node, request what = request::user_list) {
    for (int i = 0;; ++i) {
      auto client = "client " + std::to_string(i);
      if (owner_of_key(proto::row(what), {rate_subject::kind::client, client}) == node) return client;
    }
  }
  std::string address_of(std::size_t node) {
    for (int i = 0;; ++i) {
      auto address = "a" + std::to_string(i) + "@example.org";
      if (owner_of_key(proto::row(request::user_lookup_email), {rate_subject::kind::mail_address, address}) == node)
        return address;
    }
  }

  void send(std::size_t node, const std::string& client, const std::string& address = {}) {
    const auto what = address.empty() ? request::user_list : request::user_lookup_email;
    const auto body = address.empty() ? std::string(R"({"user_id": 1})") : R"({"email": ")" + address + R"("})";
    auto ex = make_exchange(answers, what, body.c_str(), client);
    ex->problems.clear();
    caf::anon_send(nodes[node]->limiter, std::move(ex));
  }
  proto::reply ask(std::size_t node, const std::string& client, const std::string& address = {}) {
    send(node, client, address);
    stepped.run();
    return answers->size() > 0 ? answers->take().value() : proto::reply{http_status::not_found, "none", 0};
  }
  bool passes(std::size_t node, const std::string& client, const std::string& address = {}) {
    return ask(node, client, address).status == http_status::ok;
  }
  /// Of requests to all nodes in turn.
  int passing(int asked, const std::string& client) {
    int passed = 0;
    for (int i = 0; i < asked; ++i) passed += passes(static_cast<std::size_t>(i) % nodes.size(), client);
    return passed;
  }

  stepped_system stepped;
  std::shared_ptr<test::answers> answers = std::make_shared<test::answers>();
  settings_ptr config;
  std::uint64_t view_number = 0;
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<std::string> noted;
  node_meters_ptr counts = std::make_shared<node_meters>();  ///< of all nodes
};

}  // namespace authnz::actors::test
