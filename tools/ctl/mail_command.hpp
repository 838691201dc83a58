/// `authnzctl mail`: messages that wait to be sent.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

void add_mail(CLI::App& app, int& status);

}  // namespace authnz::ctl
