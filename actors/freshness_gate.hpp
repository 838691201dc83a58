/// In a cluster: whether the node's state is recent enough for a request.
#pragma once

#include <functional>

#include "proto/exchange.hpp"

namespace authnz::actors {

class freshness_gate {
 public:
  using way_on = std::function<void(proto::exchange_ptr&&)>;
  virtual ~freshness_gate() = default;

  /// Whether the request may go on now. Else it was taken: it is refused (503),
  /// or `then` is called with it, from any thread, once the state is recent
  /// enough. Never blocks; from any thread.
  virtual bool lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept = 0;

  /// Why the state is not recent enough; empty when it is.
  virtual std::string not_fresh() const = 0;
};

}  // namespace authnz::actors
