/// `authnzctl actors` and `authnzctl actor`: every actor of a node, and orders
/// to one of them.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_actors(CLI::App& app, int& status);

}  // namespace authnz::ctl
