/// `authnzctl cluster`: how the cluster is, who its nodes are, and leaving a
/// node in peace; founding one and leaving it are in cluster_init.hpp.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses as in node_link.hpp; 1 also when `status` finds something wrong.
void add_cluster(CLI::App& app, int& status);

}  // namespace authnz::ctl
