/// A node's membership as tests look at it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "net/cluster/membership.hpp"

namespace authnz::tests {

using namespace std::chrono_literals;
using actors::duty;
using net::cluster::membership;

inline constexpr auto all_duties = std::to_array({duty::sweeping, duty::mail, duty::compaction});

/// One node's membership, and what it logged.
class node {
 public:
  explicit node(const net::cluster::options& how, net::cluster::membership_pace pace = {.look = 50ms})
      : place(
            how, storage::cluster_keys(how.prefix),
            [this](bool registered, const std::string& why) {
              const std::lock_guard lock(mutex_);
              lines_.push_back((registered ? "+ " : "- ") + why);
            },
            pace) {}

  std::string start() {
    const auto done = place.start();
    return done ? std::string() : done.error();
  }
  auto duties() const {
    return std::ranges::count_if(all_duties, [&](duty d) { return place.has(d); });
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;

 public:
  membership place;
};

}  // namespace authnz::tests
