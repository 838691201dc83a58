/// `authnzctl fsck`: whether a store holds together, the running node's or
/// that of a daemon that is stopped; and whether all nodes of a cluster have
/// the same.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses: 0 nothing was found; 1 something was; 2 the command line is
/// wrong; 3 it could not be looked at, or not all of it.
void add_fsck(CLI::App& app, int& status);

}  // namespace authnz::ctl
