#include "tools/daemon/secret_file.hpp"

#include <algorithm>
#include <system_error>

#include "tools/daemon/config_values.hpp"
#include "tools/daemon/files.hpp"
#include "tools/daemon/shell_text.hpp"

namespace authnz::daemon {
namespace {

constexpr std::size_t longest_secret = 65536;
constexpr mode_t open_to_others = 066;

bool lies_below(const std::filesystem::path& file, const std::filesystem::path& directory) {
  const auto [end_of_directory, in_file] = std::mismatch(directory.begin(), directory.end(), file.begin(), file.end());
  return end_of_directory == directory.end() && in_file != file.end();
}

bool is_kept_by_the_system(const std::filesystem::path& file) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(file, failed);
  return !failed && (lies_below(real, "/run/secrets") || lies_below(real, "/run/credentials"));
}

}  // namespace

tl::expected<proto::secret, std::string> read_secret_file(const std::filesystem::path& file) {
  auto content = read_file(file, longest_secret);
  if (!content) return tl::unexpected(file.string() + " " + content.error());
  auto whole = proto::secret(std::move(content->text));
  if ((content->mode & open_to_others) != 0 && !is_kept_by_the_system(file))
    return tl::unexpected(file.string() + " can be read or changed by others; mend it with: chmod 400 " +
                          shell_quoted(file.string()));
  auto text = proto::secret(std::string(trimmed(whole.reveal())));
  if (text.empty()) return tl::unexpected(file.string() + " is empty");
  return text;
}

std::optional<std::filesystem::path> file_named_by(std::string_view text, const std::filesystem::path& directory) {
  // Names longer than a path, or with a NUL in them, name no file.
  if (text.size() >= 4096 || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::error_code failed;
  auto file = directory / std::filesystem::path(text);
  const auto kind = std::filesystem::status(file, failed).type();
  if (failed || kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::directory)
    return std::nullopt;
  return file;
}

}  // namespace authnz::daemon
