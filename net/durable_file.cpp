#include "net/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "net/descriptor.hpp"

namespace authnz::net {
namespace {

constexpr std::size_t longest_file = std::size_t{1} << 20;

std::string reason(int error) { return std::generic_category().message(error); }

void sync_directory_of(const std::filesystem::path& file) {
  const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Not every file system can; the rename itself has been done.
  if (directory.is_open()) ::fsync(directory.get());
}

}  // namespace

tl::expected<durable_content, std::string> read_durable(const std::filesystem::path& file, bool* missing) {
  if (missing != nullptr) *missing = false;
  const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat facts {};
  if (!in.is_open() || ::fstat(in.get(), &facts) != 0) {
    if (missing != nullptr) *missing = errno == ENOENT;
    return tl::unexpected("cannot be read: " + reason(errno));
  }
  if (!S_ISREG(facts.st_mode)) return tl::unexpected(std::string("is no file"));
  auto text = read_all(in.get(), longest_file);
  if (!text) return tl::unexpected(std::move(text.error()));
  return durable_content{.text = std::move(*text), .mode = facts.st_mode & 07777};
}

tl::expected<bool, std::string> rename_durable(const std::filesystem::path& from, const std::filesystem::path& to,
                                               on_existing what) {
  const unsigned flags = what == on_existing::keep ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
    if (errno == EEXIST) return false;
    return tl::unexpected("cannot be made: " + reason(errno));
  }
  sync_directory_of(to);
  return true;
}

tl::expected<bool, std::string> write_durable(const std::filesystem::path& file, mode_t mode, std::string_view content,
                                              on_existing what) {
  std::string name = (file.parent_path() / ("." + file.filename().string() + ".XXXXXX")).string();
  const descriptor out(::mkostemp(name.data(), O_CLOEXEC));  // its mode is 0600
  if (!out.is_open()) return tl::unexpected("cannot be made: " + reason(errno));
  int error = write_and_sync(out.get(), content);
  if (error == 0 && ::fchmod(out.get(), mode) != 0) error = errno;
  tl::expected<bool, std::string> done = tl::unexpected("cannot be written: " + reason(error));
  if (error == 0) done = rename_durable(name, file, what);
  if (!done || !*done) ::unlink(name.c_str());
  return done;
}

}  // namespace authnz::net
