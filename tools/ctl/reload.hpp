/// Has a node read its configuration again.
#pragma once

#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// Says what the node kept because it is broken; exit status 1 if there is any.
int reload(node_link& link, bool as_json);

}  // namespace authnz::ctl
