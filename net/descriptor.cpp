#include "net/descriptor.hpp"

#include <array>
#include <cerrno>
#include <system_error>

namespace authnz::net {

tl::expected<std::string, std::string> read_all(int fd, std::size_t longest) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected("cannot be read: " + std::generic_category().message(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > longest) return tl::unexpected(std::string("is too large"));
  }
}

int write_and_sync(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace authnz::net
