/// A file descriptor that is closed with its owner, and writing to one.
#pragma once

#include <unistd.h>

#include <string_view>

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

/// All of it, and syncs. 0, or errno's value.
int write_and_sync(int fd, std::string_view content);

}  // namespace authnz::net
