/// A rate limiter among others of a cluster, whose doors are actors of the test.
#pragma once

#include <caf/all.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/peers.hpp"
#include "actors/ratelimit.hpp"

namespace authnz::actors::test {

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

}  // namespace authnz::actors::test
