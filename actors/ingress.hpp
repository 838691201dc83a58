/// What the listener hands requests to, and asks for health.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/exchange.hpp"

namespace authnz::actors {

/// One look at every part of the server (contract, section 11.4).
struct health_report {
  bool ok = false;
  std::vector<std::pair<std::string, std::string>> parts;  ///< part -> "ok" or a reason
  double seconds = 0;                                      ///< how long the look took
};

class ingress {
 public:
  virtual ~ingress() = default;

  /// Takes an exchange whose `request`, `reqid`, `client` and `problems` are
  /// filled in. Never blocks; beyond the bound of what is in flight it answers
  /// 503 at once. Callable from any thread.
  virtual void submit(proto::exchange_ptr&& ex) noexcept = 0;

  /// Calls back once, from any thread, within 3 s.
  virtual void check_health(std::function<void(const health_report&)> done) = 0;

  /// Why the server is not ready; nothing when it is. O(1).
  virtual std::optional<std::string> not_ready() const = 0;
  /// Whether clients should go elsewhere: the server stops soon. O(1).
  virtual bool is_leaving() const noexcept { return false; }

  /// Whether rate limits are on, so that `client_ipaddr` is required.
  virtual bool needs_client_address() const noexcept = 0;

  /// Whether anybody follows requests, so that it is worth while to ask `follow`.
  virtual bool follows() const noexcept { return false; }
  /// Null unless somebody follows this request.
  virtual proto::trace_ptr follow(const proto::exchange&) noexcept { return {}; }
};

}  // namespace authnz::actors
