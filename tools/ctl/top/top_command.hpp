/// `authnzctl top`: a live view of a node, or of a whole cluster.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_top(CLI::App& app, int& status);

}  // namespace authnz::ctl
