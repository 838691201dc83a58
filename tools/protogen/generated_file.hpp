/// A file, or the marked part of one, that the tables of proto/ determine.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace authnz::protogen {

struct generated_file {
  std::filesystem::path path;  ///< relative to the repository's root
  std::string text;            ///< the whole file
};

/// All generated files as they should be. Reads the clients below `root`,
/// because only a part of those files is generated. The error is one sentence.
tl::expected<std::vector<generated_file>, std::string> generate(const std::filesystem::path& root);

/// Paths of those files below `root` that are missing or differ.
std::vector<std::filesystem::path> stale(const std::filesystem::path& root, const std::vector<generated_file>& files);

/// Writes what is stale. The error is one sentence.
tl::expected<void, std::string> write(const std::filesystem::path& root, const std::vector<generated_file>& files);

}  // namespace authnz::protogen
