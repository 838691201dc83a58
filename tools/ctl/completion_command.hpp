/// `authnzctl completion`: scripts that complete command lines in shells.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// What is completed is what `app` has when the command runs.
void add_completion(CLI::App& app);

}  // namespace authnz::ctl
