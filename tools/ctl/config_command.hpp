/// `authnzctl config`: shows what a node is configured with, and has it read that again.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_config(CLI::App& app, int& status);

}  // namespace authnz::ctl
