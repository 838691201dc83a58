/// Reads small files, and makes new ones with the right mode from their first
/// moment. Errors are reasons without the file's name.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::daemon {

struct file_content {
  std::string text;
  mode_t mode = 0;  ///< permission bits of the very file that was read
};

/// The whole of a file of at most `longest` bytes.
tl::expected<file_content, std::string> read_file(const std::filesystem::path& file, std::size_t longest);

/// Makes a file that does not exist yet, whatever the umask, and syncs it.
/// False when there is something of that name already (a dangling link too);
/// it is left as it is. After an error there is no file.
tl::expected<bool, std::string> make_file(const std::filesystem::path& file, mode_t mode, std::string_view content);

}  // namespace authnz::daemon
