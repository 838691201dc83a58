/// The yardstick: a plain Boost.Beast server that reads a request and answers
/// a fixed body. What it needs is what HTTP alone costs on this machine.
#pragma once

#include <cstdint>

namespace authnz::bench {

/// Serves loopback on one thread until SIGTERM or SIGINT. Returns the
/// process's exit status; 1 when the port cannot be had.
int run_bare_listener(std::uint16_t port, std::size_t body_size);

}  // namespace authnz::bench
