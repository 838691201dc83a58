/// A file descriptor that closes itself, and a connection to a server.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace authnz::bench {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A connected TCP socket; empty when nobody listens there.
descriptor connect_to(const std::string& host, std::uint16_t port);

}  // namespace authnz::bench
