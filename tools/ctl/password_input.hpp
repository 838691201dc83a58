/// Reads a new password: never from the command line, where others see it.
#pragma once

#include <tl/expected.hpp>

#include "proto/secret.hpp"
#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// From standard input, its first line; or from the terminal, twice and not
/// shown. Without a terminal and `from_stdin` it refuses (exit status 2).
tl::expected<proto::secret, link_error> read_new_password(bool from_stdin);

}  // namespace authnz::ctl
