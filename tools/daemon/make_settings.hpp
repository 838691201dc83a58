/// Makes the actors' settings of a configuration, and makes them again when
/// files were changed.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/settings.hpp"
#include "tools/daemon/config.hpp"

namespace authnz::daemon {

/// Reads the lists of common passwords and disposable domains, and the
/// permissions policy. The error names item and reason.
tl::expected<actors::settings_ptr, std::string> make_settings(const config& c);

struct remade_settings {
  actors::settings_ptr settings;
  std::vector<std::string> errors;  ///< one line for each file whose old content is kept
  bool policy_read = false;         ///< the permissions file's present content is in force
};

/// Reads what comes from files again. `keys`: new ones to seal messages with;
/// null = those of before stay.
remade_settings remake_settings(const config& c, const actors::settings& before, const proto::keyring_ptr& keys = {});

}  // namespace authnz::daemon
