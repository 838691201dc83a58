/// Reads passwords: never from the command line, where others see it.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "proto/secret.hpp"
#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// From standard input, its first line; or from the terminal, twice and not
/// shown. Without a terminal and `from_stdin` it refuses (exit status 2).
tl::expected<proto::secret, link_error> read_new_password(bool from_stdin);

/// One that exists, from the terminal, not shown; `question` ends with a colon
/// and a blank. Without a terminal it refuses and says what to do: `instead`.
tl::expected<proto::secret, link_error> ask_password(const std::string& question, const std::string& instead);

}  // namespace authnz::ctl
