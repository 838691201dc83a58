/// What the program does once its configuration is read.
#pragma once

#include "tools/daemon/autosetup.hpp"
#include "tools/daemon/config.hpp"

namespace authnz::daemon {

/// Reads the configuration again, as it was read at the start; for SIGHUP.
using config_source = std::function<tl::expected<config, start_error>()>;

/// Runs the server until it is told to stop; returns the exit code. Signals are
/// blocked already (block_signals).
int run_server(const config& c, const config_source& read_again);

/// What --autosetup needs to check a password and to seed a store.
autosetup_actions make_autosetup_actions(const config& c);

}  // namespace authnz::daemon
