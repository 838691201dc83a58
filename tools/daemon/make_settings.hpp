/// Makes the actors' settings of a configuration, and makes them again when
/// files were changed.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/settings.hpp"
#include "tools/daemon/config.hpp"

namespace authnz::daemon {

/// Reads the lists of common passwords and disposable domains. The error names
/// item and reason.
tl::expected<actors::settings_ptr, std::string> make_settings(const config& c);

struct remade_settings {
  actors::settings_ptr settings;
  std::vector<std::string> errors;  ///< one line for each list that kept its old content
};

/// Reads the lists that come from files again.
remade_settings remake_settings(const config& c, const actors::settings& before);

}  // namespace authnz::daemon
