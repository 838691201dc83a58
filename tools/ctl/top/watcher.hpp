/// Looks at a node again and again in a thread of its own, and dials again
/// when the node does not answer, so that keys work meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tools/ctl/node_link.hpp"
#include "tools/ctl/node_look.hpp"

namespace authnz::ctl::top {

/// What has come since the last time: a look, or why there is none.
struct sight {
  std::optional<node_look> look;
  std::string trouble;
  std::string last_answer;  ///< local time of the last answer
};

class watcher {
 public:
  watcher(node_options options, std::chrono::milliseconds every);
  ~watcher();
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  std::optional<sight> take();

 private:
  void run();
  void look_once();
  void put(sight s);

  std::optional<node_link> link_;  ///< made and ended in the thread: CAF waits for ever otherwise
  node_options options_;
  std::chrono::milliseconds every_;
  nlohmann::json before_;
  std::string last_answer_ = "the start";
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<sight> newest_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace authnz::ctl::top
