/// `authnzctl node`: who a node is, since when it runs, and whether it is ready.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses as in node_link.hpp; 1 also when the node is not ready.
void add_node(CLI::App& app, int& status);

}  // namespace authnz::ctl
