/// `authnzctl audit`: reads and verifies the audit trail.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_audit(CLI::App& app, int& status);

}  // namespace authnz::ctl
