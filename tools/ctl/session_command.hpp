/// `authnzctl session`: looks at sessions and ends them.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_session(CLI::App& app, int& status);

}  // namespace authnz::ctl
