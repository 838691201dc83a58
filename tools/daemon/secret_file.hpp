/// Secrets in files: who may read such a file, and how a value is told from a
/// path (contract, section 10.1). Errors never hold a secret.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/secret.hpp"

namespace authnz::daemon {

/// The file's content without white space at both ends. Refuses files that
/// group or others may read or change, with the chmod that mends it, except
/// below /run/secrets and /run/credentials, where modes are not the operator's.
/// Errors name the file.
tl::expected<proto::secret, std::string> read_secret_file(const std::filesystem::path& file);

/// The file that a text names which may be a secret itself: an existing file.
/// Nothing when it is no file.
std::optional<std::filesystem::path> file_named_by(std::string_view text, const std::filesystem::path& directory);

}  // namespace authnz::daemon
