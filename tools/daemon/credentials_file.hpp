/// Tells the operator how to log in as the first user: basedir/
/// `.authnzerver-admin-credentials` (contract, section 11.1).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/secret.hpp"

namespace authnz::daemon {

/// One line `EMAIL PASSWORD`, mode 0400; `set-by-operator` without a password.
/// If the file exists, the seconds since 1970 are appended to the new one's
/// name. Returns the path of the file; the error names it.
tl::expected<std::filesystem::path, std::string> write_credentials(const std::filesystem::path& basedir,
                                                                   std::string_view email,
                                                                   const std::optional<proto::secret>& password,
                                                                   std::chrono::sys_seconds now);

}  // namespace authnz::daemon
