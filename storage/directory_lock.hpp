/// The store's directory, held by one process alone.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace authnz::storage {

/// Holds the directory until it is destroyed, or the process ends (flock(2) on
/// the file `lock` in it).
class directory_lock {
 public:
  /// Makes the directory (mode 0700, its parent must exist) if it is missing,
  /// and takes it. The error is one line that says what to do: somebody else
  /// holds it, group or others may enter it or touch a file of the store.
  static tl::expected<directory_lock, std::string> take(const std::filesystem::path& directory);

  directory_lock(directory_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock();

 private:
  explicit directory_lock(int file) noexcept : file_(file) {}
  int file_;
};

/// Makes names in the directory durable.
void sync_directory(const std::filesystem::path& directory) noexcept;

}  // namespace authnz::storage
