/// `authnzctl apikey`: looks at API keys and revokes them.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_apikey(CLI::App& app, int& status);

}  // namespace authnz::ctl
