/// Asks before what cannot be undone, or stops others.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// Adds `--yes` to a command; says, once that is parsed, whether it was given.
/// To be kept by the command's callback.
std::shared_ptr<bool> add_yes(CLI::App& command);

/// Asks on the terminal; `question` is a sentence with a question mark, e.g.
/// `Delete the user 7 and all that is theirs?`. Without a terminal to ask on
/// it refuses and names `--yes` (exit status 2); a no is exit status 1.
///
///     if (const auto sure = confirm("Drop the message?", *yes); !sure) return fail(sure.error());
tl::expected<void, link_error> confirm(const std::string& question, bool yes);

}  // namespace authnz::ctl
