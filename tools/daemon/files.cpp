#include "tools/daemon/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/descriptor.hpp"

namespace authnz::daemon {

using net::descriptor;

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

tl::expected<file_content, std::string> read_file(const std::filesystem::path& file, std::size_t longest) {
  const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat facts {};
  if (!in.is_open() || ::fstat(in.get(), &facts) != 0) return tl::unexpected("cannot be read: " + reason(errno));
  if (S_ISDIR(facts.st_mode)) return tl::unexpected(std::string("is a directory"));
  auto text = net::read_all(in.get(), longest);
  if (!text) return tl::unexpected(std::move(text.error()));
  return file_content{.text = std::move(*text), .mode = facts.st_mode & 07777};
}

tl::expected<bool, std::string> make_file(const std::filesystem::path& file, mode_t mode, std::string_view content) {
  const descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!out.is_open()) {
    if (errno == EEXIST) return false;
    return tl::unexpected("cannot be made: " + reason(errno));
  }
  // The umask can only have taken bits away, so the mode was never wider.
  const int error = ::fchmod(out.get(), mode) != 0 ? errno : net::write_and_sync(out.get(), content);
  if (error == 0) return true;
  ::unlink(file.c_str());
  return tl::unexpected("cannot be written: " + reason(error));
}

}  // namespace authnz::daemon
