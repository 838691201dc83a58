#include "storage/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace authnz::storage {
namespace {

using checked = tl::expected<void, std::string>;

std::string error_text(int error) { return std::generic_category().message(error); }

tl::unexpected<std::string> refuse(const std::filesystem::path& path, const std::string& why) {
  return tl::make_unexpected("store " + path.string() + ": " + why);
}

checked make(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) {
    const auto parent = directory.has_parent_path() ? directory.parent_path() : std::filesystem::path(".");
    sync_directory(parent);
    return {};
  }
  if (errno == EEXIST) return {};
  return refuse(directory, "the directory cannot be made: " + error_text(errno) +
                               "; make its parent, and let this user write there");
}

checked check_directory(const std::filesystem::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return refuse(directory, error_text(errno));
  if (!S_ISDIR(found.st_mode)) return refuse(directory, "is not a directory; name another one");
  if ((found.st_mode & 077) != 0)
    return refuse(directory, "group or others may enter it; run: chmod 700 " + directory.string());
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return refuse(directory, "cannot be written: " + error_text(errno) + "; run as the user who owns it");
  return {};
}

checked check_file(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return refuse(file, error_text(errno));
  }
  if (!S_ISREG(found.st_mode)) return refuse(file, "is not a file; move it away");
  if ((found.st_mode & 077) != 0)
    return refuse(file, "group or others may read or write it; run: chmod 600 " + file.string());
  if (::access(file.c_str(), R_OK | W_OK) != 0)
    return refuse(file, "cannot be written: " + error_text(errno) + "; run as the user who owns it");
  return {};
}

}  // namespace

directory_lock::~directory_lock() {
  if (file_ >= 0) ::close(file_);
}

tl::expected<directory_lock, std::string> directory_lock::take(const std::filesystem::path& directory) {
  auto fine = make(directory);
  if (fine) fine = check_directory(directory);
  for (const auto* name : {"lock", "data.mdb", "lock.mdb"})
    if (fine) fine = check_file(directory / name);
  if (!fine) return tl::make_unexpected(std::move(fine.error()));

  const auto path = directory / "lock";
  directory_lock held(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (held.file_ < 0) return refuse(path, "cannot be opened: " + error_text(errno));
  if (::flock(held.file_, LOCK_EX | LOCK_NB) == 0) return held;
  if (errno == EWOULDBLOCK)
    return refuse(directory, "another process has it open; stop that one first, or use another directory");
  return refuse(path, "cannot be locked: " + error_text(errno));
}

void sync_directory(const std::filesystem::path& directory) noexcept {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace authnz::storage
