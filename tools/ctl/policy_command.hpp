/// `authnzctl policy`: checks permissions files, and explains decisions.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses: 0 the file is fine, or granted; 1 it is broken, or denied;
/// 3 there is no policy to ask.
void add_policy(CLI::App& app, int& status);

}  // namespace authnz::ctl
