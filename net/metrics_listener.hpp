/// A small HTTP listener of its own for operators: `/metrics` in Prometheus
/// text, `/health/live` and `/health/ready`.
///
/// One thread, one request a connection, no keep-alive. Whoever is slow is cut
/// off, and makes room for others before: at the bound the oldest connection
/// ends in favour of the newest.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace authnz::net {

struct metrics_listener_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 13433;  ///< 0 = any that is free
  std::vector<std::string> allowed_hosts{"localhost", "127.0.0.1"};
  std::size_t max_header = 8 * 1024;  ///< bytes
  std::size_t max_connections = 16;
  std::chrono::milliseconds longest{10'000};  ///< a connection, from its first moment to its last
};

/// Called on the listener's thread, until it is stopped.
struct metrics_sources {
  std::function<std::string()> metrics;  ///< what it throws becomes a 500
  /// Why the server is not ready; nothing when it is. O(1); must not throw.
  std::function<std::optional<std::string>()> not_ready;
};

/// The methods are for one controlling thread.
class metrics_listener {
 public:
  metrics_listener(metrics_listener_options options, metrics_sources sources);
  ~metrics_listener();  ///< stops
  metrics_listener(const metrics_listener&) = delete;
  metrics_listener& operator=(const metrics_listener&) = delete;

  /// Binds and begins to serve, or says in one line what to do.
  tl::expected<void, std::string> start();
  /// The port that is served, once started.
  std::uint16_t port() const noexcept;
  /// Closes all, whatever is under way, and ends the thread.
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
