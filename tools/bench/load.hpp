/// The load generator: keep-alive connections, one thread, as fast as possible
/// or at a given rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "tools/bench/histogram.hpp"

namespace authnz::bench {

struct load_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  unsigned connections = 64;
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  /// Requests a second; 0 = each connection sends its next one as soon as it
  /// has an answer. With a rate, latency counts from the moment at which a
  /// request was due, so a server that stalls cannot hide it.
  double rate = 0;
  /// Every so many answers one is shown to `check`; 0 = none.
  std::uint64_t check_every = 1000;
};

struct load_result {
  std::map<int, std::uint64_t> statuses;  ///< HTTP status -> answers
  std::uint64_t broken = 0;               ///< connections that ended early
  std::uint64_t failed_checks = 0;
  std::chrono::nanoseconds elapsed{};
  histogram latency;

  double per_second() const {
    return static_cast<double>(latency.total()) / std::chrono::duration<double>(elapsed).count();
  }
  std::uint64_t not_ok() const {
    const auto ok = statuses.find(200);
    return latency.total() - (ok == statuses.end() ? 0 : ok->second);
  }
  void add(const load_result& other);
};

/// The bytes of the next HTTP request. Valid until the connection that sends
/// them has its answer.
using request_source = std::function<std::string_view()>;
/// Whether a body is right.
using body_check = std::function<bool(std::string_view)>;

tl::expected<load_result, std::string> run_load(const load_options& options, const request_source& next,
                                                const body_check& check);

}  // namespace authnz::bench
