/// What tests of single actors stand on: systems of actors, what exchanges
/// answered, and what jobs came home.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"
#include "proto/exchange.hpp"

namespace authnz::actors::test {

/// Actors that run when the test says so, on a clock that the test moves.
class stepped_system {
 public:
  stepped_system() : sched_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())) {}

  /// Until nobody has a message left.
  void run() {
    while (sched_.try_run_once()) {
    }
  }
  /// Moves the clock in steps, and runs what comes of each.
  void pass(std::chrono::nanoseconds time, std::chrono::nanoseconds step) {
    for (; time.count() > 0; time -= step) {
      sched_.advance_time(std::min(time, step));
      run();
    }
  }

 private:
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  config config_;

 public:
  caf::actor_system system{config_};

 private:
  caf::scheduler::test_coordinator& sched_;
};

/// Actors in threads, for those that are detached.
class threaded_system {
 private:
  caf::actor_system_config config_;

 public:
  threaded_system() { config_.set("scheduler.max-threads", 1); }
  caf::actor_system& system() {
    if (!system_) system_.emplace(config_);
    return *system_;
  }

 private:
  std::optional<caf::actor_system> system_;
};

/// Things that arrive from other threads.
template <class T>
class arrivals {
 public:
  void put(T thing) {
    const std::lock_guard lock(mutex_);
    things_.push_back(std::move(thing));
    changed_.notify_all();
  }
  /// The next one; nothing if none came within 10 s.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !things_.empty(); })) return std::nullopt;
    std::optional<T> first(std::move(things_.front()));
    things_.pop_front();
    return first;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return things_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> things_;
};

/// Collects the answers of exchanges.
class answers final : public proto::reply_sink, public arrivals<proto::reply> {
 public:
  void deliver(std::uint64_t, proto::reply&& answer) noexcept override { put(std::move(answer)); }
};

inline proto::exchange_ptr make_exchange(const std::shared_ptr<answers>& to, proto::request what, const char* body,
                                         std::string client = "192.0.2.1") {
  auto ex = std::make_shared<proto::exchange>(to, 0);
  ex->problems = ex->request.bind(proto::row(what), proto::json::parse(body), {});
  ex->reqid = "1";
  ex->client = std::move(client);
  return ex;
}

inline hash_ptr make_hash_job(hash_job::kind what, const std::string& password, std::string phc,
                              const argon2_params& params, const caf::typed_actor<caf::reacts_to<hash_ptr>>& home) {
  auto job = std::make_shared<hash_job>();
  job->what = what;
  job->password = proto::secret(password);
  job->phc = std::move(phc);
  job->params = params;
  job->reply_to = home;
  return job;
}

/// Where jobs of type `Job` (a shared_ptr) come home to.
template <class Job>
class home {
 public:
  using handle = caf::typed_actor<caf::reacts_to<Job>>;

  explicit home(caf::actor_system& system)
      : jobs(std::make_shared<arrivals<Job>>()), actor(system.spawn(&home::receive, jobs)) {}
  ~home() { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }
  home(const home&) = delete;
  home& operator=(const home&) = delete;

  std::shared_ptr<arrivals<Job>> jobs;
  handle actor;

 private:
  static typename handle::behavior_type receive(std::shared_ptr<arrivals<Job>> into) {
    return {[into](Job& job) { into->put(std::move(job)); }};
  }
};

}  // namespace authnz::actors::test
