#include "tools/daemon/metrics_port.hpp"

#include "net/metrics_text.hpp"

namespace authnz::daemon {

namespace {

// Told once: taken anew from two clocks each time, it would waver.
std::chrono::sys_seconds started_at(const actors::node_meters& meters) {
  const auto ago = std::chrono::steady_clock::now() - meters.started;
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - ago);
}

}  // namespace

tl::expected<std::unique_ptr<net::metrics_listener>, std::string> open_metrics_port(
    const administration_parts& parts, std::function<actors::snapshot()> look) {
  const auto& wanted = parts.started_with.metrics;
  if (wanted.port == 0) return nullptr;
  net::metrics_listener_options o;
  o.port = wanted.port;
  o.address = wanted.listen;
  o.allowed_hosts = wanted.allowed_hosts;
  const auto started = started_at(*parts.meters);
  auto port = std::make_unique<net::metrics_listener>(
      std::move(o),
      net::metrics_sources{[look = std::move(look), started] { return net::metrics_text(look(), started); },
                           [&door = parts.door] { return door.not_ready(); }});
  if (auto opened = port->start(); !opened) return tl::unexpected(std::move(opened.error()));
  parts.log->info("metrics.listening", {actors::open("address", wanted.listen), actors::open("port", port->port())});
  return port;
}

}  // namespace authnz::daemon
