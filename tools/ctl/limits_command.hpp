/// `authnzctl limits`: shows rate limits at work, and lifts them.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_limits(CLI::App& app, int& status);

}  // namespace authnz::ctl
