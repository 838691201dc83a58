/// Reads the file of `--envfile`, which replaces the environment, and writes
/// values the way it reads them (contract, section 10.1).
///
/// Lines `KEY=value`; keys without case; `#` and `;` comments; `[section]`
/// lines are ignored; `%%` is one `%`. Of a repeated key the last one counts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "tools/daemon/surroundings.hpp"

namespace authnz::daemon {

/// Keys come out in capitals. The error names the line, never its content.
tl::expected<variable_map, std::string> parse_envfile(std::string_view text);

tl::expected<variable_map, std::string> read_envfile(const std::filesystem::path& file);

/// `KEY=value` and a line break. Requires a value without line breaks.
std::string envfile_line(std::string_view key, std::string_view value);

}  // namespace authnz::daemon
