/// Tells a snapshot as Prometheus text (exposition format 0.0.4): names with
/// the prefix `authnzerver_`, base units, no personal data, and as many series
/// as there are kinds, actors and slices, never as there are users.
#pragma once

#include <chrono>
#include <string>

#include "actors/snapshot.hpp"

namespace authnz::net {

/// `started` is when the process was, always the same for one process.
std::string metrics_text(const actors::snapshot& s, std::chrono::sys_seconds started);

}  // namespace authnz::net
