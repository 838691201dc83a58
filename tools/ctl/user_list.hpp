/// `authnzctl user list`.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_user_list(CLI::App& user, int& status);

}  // namespace authnz::ctl
