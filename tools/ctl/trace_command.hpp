/// `authnzctl trace`: follows requests through the node, step by step.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_trace(CLI::App& app, int& status);

}  // namespace authnz::ctl
