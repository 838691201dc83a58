/// `authnzctl mail-templates`: writes the texts of messages to start from, and
/// checks changed ones.
#pragma once

namespace CLI {
class App;
}

namespace authnz::ctl {

/// Exit statuses: 0 written, or fine; 1 a file cannot be written, or is broken.
void add_mail_templates(CLI::App& app, int& status);

}  // namespace authnz::ctl
