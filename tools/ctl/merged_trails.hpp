/// The audit trails of several nodes as one, by the time of what happened.
///
/// A change is in the trail of every node that follows the cluster, in the same
/// words; it is shown once. What a node saw alone (denials) is in its trail
/// alone. Each node has numbers of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proto/time.hpp"

namespace authnz::ctl {

class merged_trails {
 public:
  /// A trail's events ascend by time but for so much.
  static constexpr std::int64_t slack_seconds = 60;

  /// Gets each event once, without number, node and hash, but with `nodes`:
  /// the number that it has in the trail of each node that has it.
  using taker = std::function<void(const nlohmann::json& event)>;

  /// What the node's trail tells next.
  void add(const std::string& node, nlohmann::json event);
  /// The node that should tell more first; empty = none.
  std::string slowest() const;
  /// Nothing more of this one for now.
  void end(const std::string& node);
  /// One that will tell.
  void begin(const std::string& node) { told_.try_emplace(node); }

  /// Those that nothing can come before any more.
  void take_settled(const taker& take);
  /// Those that were there `rounds` calls of this ago, or that `nodes` have.
  void take_older(int rounds, std::size_t nodes, const taker& take);
  /// All that there are.
  void take_all(const taker& take);

 private:
  /// Time and words.
  using key = std::pair<std::string, std::string>;
  struct same_events {
    nlohmann::json event;
    std::map<std::string, std::vector<std::uint64_t>> numbers;  ///< by node: one may say it twice
    int since = 0;                                              ///< round
  };
  using held = std::map<key, same_events>;

  /// Returns what follows it.
  held::iterator pass_on(held::iterator at, const taker& take);
  bool was_passed(const std::string& words) const;

  std::map<std::string, std::optional<proto::timestamp>> told_;  ///< by nodes that have not ended: how far
  held held_;
  /// Hashes of words that were passed on, for nodes that tell them late: the newest, and those before them.
  std::unordered_set<std::size_t> passed_;
  std::unordered_set<std::size_t> passed_before_;
  int round_ = 0;
};

}  // namespace authnz::ctl
