/// Small files that appear whole, synced, and with their mode from the first
/// moment. Errors are reasons without the file's name.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::net {

struct durable_content {
  std::string text;
  mode_t mode = 0;  ///< permission bits of the very file that was read
};

/// At most 1 MiB. `missing` is set when there is no such file.
tl::expected<durable_content, std::string> read_durable(const std::filesystem::path& file, bool* missing = nullptr);

enum class on_existing : unsigned char { keep, replace };

/// False when the file was there and is kept.
tl::expected<bool, std::string> write_durable(const std::filesystem::path& file, mode_t mode, std::string_view content,
                                              on_existing what);

/// Renames and syncs the directory.
tl::expected<bool, std::string> rename_durable(const std::filesystem::path& from, const std::filesystem::path& to,
                                               on_existing what);

}  // namespace authnz::net
