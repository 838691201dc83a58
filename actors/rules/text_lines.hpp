/// Reads text files of one entry a line, and trims entries.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::actors::rules {

/// Without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Calls back with every line, without its line end (LF or CR LF) and without
/// a byte order mark. The error names the file and the reason.
tl::expected<void, std::string> for_each_line(const std::filesystem::path& file,
                                              const std::function<void(std::string_view)>& visit);

}  // namespace authnz::actors::rules
