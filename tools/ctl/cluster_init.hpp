/// `authnzctl cluster init` and `authnzctl cluster leave`: a store becomes a
/// cluster, and a node leaves one. Both work while the node is stopped.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Adds them to the group `cluster`. Exit statuses as in node_link.hpp; 3 also
/// when the store cannot be opened.
void add_cluster_init(CLI::App& group, int& status);

}  // namespace authnz::ctl
