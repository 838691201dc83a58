/// Reads the single values of a configuration. Errors are reasons without the
/// item's name, and never hold the value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace authnz::daemon {

/// Without white space at both ends.
std::string_view trimmed(std::string_view text);

/// Non-blank parts, trimmed.
std::vector<std::string> split(std::string_view text, char separator);

tl::expected<std::int64_t, std::string> whole_number(std::string_view text, std::int64_t min, std::int64_t max);

/// 0 or 1.
tl::expected<bool, std::string> flag(std::string_view text);

/// The place in `choices` (separated by blanks) of a word.
tl::expected<std::size_t, std::string> choice(std::string_view text, std::string_view choices);

/// An IPv4 or IPv6 address; `localhost` is 127.0.0.1.
tl::expected<std::string, std::string> address(std::string_view text);

/// The directory that `lmdb:///ABS/PATH` names.
tl::expected<std::filesystem::path, std::string> store_directory(std::string_view url);

/// What net::make_breach_source takes; directories as absolute paths.
tl::expected<std::string, std::string> breach_source(std::string_view text);

/// What `[[basedir]]` and `[[homedir]]` stand for.
struct placeholders {
  std::filesystem::path basedir;
  std::filesystem::path homedir;

  std::string expand(std::string_view text) const;
};

}  // namespace authnz::daemon
