/// `authnzctl certs`: makes, lists, issues and renews the certificates of the
/// admin link (net/certificate_folder.hpp).
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses: 0 done, and nothing is wrong with what is listed; 1 it could
/// not be done, or something is wrong; 2 the command line is wrong.
void add_certs(CLI::App& app, int& status);

}  // namespace authnz::ctl
