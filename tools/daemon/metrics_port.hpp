/// The port of the metrics, as it is configured.
#pragma once

#include <memory>

#include "net/metrics_listener.hpp"
#include "tools/daemon/administration.hpp"

namespace authnz::daemon {

/// Null when metricsport is 0. What `parts` and `look` refer to outlives the
/// port. The error says in one line what to do.
tl::expected<std::unique_ptr<net::metrics_listener>, std::string> open_metrics_port(
    const administration_parts& parts, std::function<actors::snapshot()> look);

}  // namespace authnz::daemon
