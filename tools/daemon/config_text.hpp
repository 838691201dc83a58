/// The table of items as text: for `--help`, `--print-config`, the `.env` of
/// `--autosetup`, and docs/configuration.md.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tools/daemon/config.hpp"

namespace authnz::daemon {

std::string help_text();

/// An item's value for people: of a secret only that it is set, and its file.
std::string shown_value(const item_row& r, const shown_item& shown);

/// `name = value`, one item a line, with where it was set; secrets as `***`.
std::string effective_config_text(const config& c);

/// A file for --envfile with all items and their values; secrets only as the
/// paths of their files. `overrides` go before the configuration's values.
std::string envfile_text(const config& c, const std::map<item, std::string>& overrides);

std::string configuration_markdown();
/// The items as a part of a manual page.
std::string configuration_man();

}  // namespace authnz::daemon
