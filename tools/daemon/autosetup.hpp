/// `--autosetup`: makes in basedir what a first start needs, as far as it is
/// missing (contract, section 11.2).
///
/// Nothing that exists is changed; a repeated run says so. Certificates that
/// were issued elsewhere, without the authority's key, are kept if a node can
/// use them, and else an error.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proto/secret.hpp"
#include "tools/daemon/config.hpp"
#include "tools/daemon/prompt.hpp"

namespace authnz::daemon {

/// Keeps what the operator must know of user 1 before the store depends on it:
/// the address, and the password if it was made up. Its error ends the seeding.
using keep_credentials = std::function<tl::expected<void, std::string>(const std::string& email,
                                                                       const std::optional<proto::secret>& made_up)>;

/// What the setup needs from the server's parts.
struct autosetup_actions {
  /// Texts of the rules that a password fails; empty when it is fine.
  std::function<std::vector<std::string>(std::string_view password, std::string_view email)> validate_admin_password;
  /// Opens or makes the store, and seeds it if it is empty; whether it was.
  std::function<tl::expected<bool, std::string>(const std::filesystem::path& store, const std::string& email,
                                                const std::optional<proto::secret>& password,
                                                const keep_credentials& keep)>
      seed_store;
};

/// Where the setup talks, and what it cannot know.
struct autosetup_surroundings {
  prompt& ask;
  std::ostream& out;
  std::string program;  ///< how it was started, for the start command
  std::filesystem::path home_directory;
  std::chrono::sys_seconds now;
};

/// `c` was read for purpose::setting_up. Basedir is made (mode 0700) if only its
/// last part is missing. The error is one line.
tl::expected<void, std::string> autosetup(const config& c, const autosetup_actions& actions,
                                          const autosetup_surroundings& around);

}  // namespace authnz::daemon
