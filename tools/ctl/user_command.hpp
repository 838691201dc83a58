/// `authnzctl user`: looks at users and changes them.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_user(CLI::App& app, int& status);

}  // namespace authnz::ctl
