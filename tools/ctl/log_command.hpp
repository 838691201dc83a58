/// `authnzctl log`: what a node logs.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_log(CLI::App& app, int& status);

}  // namespace authnz::ctl
