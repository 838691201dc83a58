/// The commands of a command line as a part of a manual page.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace authnz::ctl {

/// In roff, with macros of man(7); sections are the page's own.
std::string manual_text(const CLI::App& program);

}  // namespace authnz::ctl
