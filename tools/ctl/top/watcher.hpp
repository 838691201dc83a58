/// Looks at nodes again and again, each in a thread and through a link of its
/// own, and dials again when it is lost: keys work meanwhile, and no node waits
/// for another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tools/ctl/node_link.hpp"
#include "tools/ctl/node_look.hpp"

namespace authnz::ctl::top {

/// Calls `ask` at once and then every so often; `tell` gets what comes of it,
/// or why there is no link.
class repetition {
 public:
  using outcome = tl::expected<nlohmann::json, link_error>;
  using asking = std::function<outcome(node_link&)>;
  using telling = std::function<void(outcome)>;

  repetition(node_options options, std::chrono::milliseconds every, asking ask, telling tell);
  /// Waits for the answer that is under way.
  ~repetition();
  repetition(const repetition&) = delete;
  repetition& operator=(const repetition&) = delete;

  void end();

 private:
  void run();
  outcome ask_once(std::optional<node_link>& link);

  node_options options_;
  std::chrono::milliseconds every_;
  asking ask_;
  telling tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

/// What has come of a node since the last time: a look, or why there is none.
struct sight {
  std::string node;
  std::optional<node_look> look;
  std::string trouble;
  std::string last_answer;  ///< local time of the last answer
};

class watcher {
 public:
  /// Looks at the node `asked`, which is the one that is dialled, and at `all`
  /// that are registered, if so wanted. Who was seen once is looked at for good.
  watcher(node_options options, std::chrono::milliseconds every, const std::string& asked, bool all);
  ~watcher();
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  struct news {
    std::vector<sight> seen;
    std::string unknown;  ///< why the registered nodes are not known; empty = they are
  };
  news take();

 private:
  struct looker {
    nlohmann::json before;
    std::string last_answer = "the start";
    std::unique_ptr<repetition> looks;
  };
  void look_at(const std::string& node);
  void told(looker& of, const std::string& node, repetition::outcome now);
  void told_nodes(const repetition::outcome& names);

  node_options options_;
  std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::map<std::string, sight> newest_;
  std::string unknown_;
  std::map<std::string, looker> lookers_;  ///< changed by the roster's thread alone, once that runs
  std::unique_ptr<repetition> roster_;
};

}  // namespace authnz::ctl::top
