/// `authnzctl audit --all`: the trails of all nodes of a cluster as one.
#pragma once

#include "tools/ctl/audit_options.hpp"

namespace authnz::ctl {

/// The exit status; refused if a node could not be asked, after what the others have.
int show_all_trails(node_link& link, const audit_options& o);

}  // namespace authnz::ctl
