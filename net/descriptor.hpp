/// A file descriptor that is closed with its owner; reading and writing all.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::net {

class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

/// All there is to read, at most `longest` bytes. The error is a reason.
tl::expected<std::string, std::string> read_all(int fd, std::size_t longest);

/// All of it, and syncs. 0, or errno's value.
int write_and_sync(int fd, std::string_view content);

}  // namespace authnz::net
