#include "tools/bench/http_answer.hpp"

#include <sys/socket.h>

#include <array>
#include <charconv>

#include "tools/bench/socket.hpp"

namespace authnz::bench {

namespace {

constexpr std::size_t status_at = 9;  // behind "HTTP/1.1 "

std::size_t find_length(std::string_view head) {
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const auto at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::size_t length = std::string_view::npos;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }
  return std::string_view::npos;
}

}  // namespace

reading read_answer(std::string_view bytes, answer& a) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return reading::incomplete;
  const auto length = find_length(bytes.substr(0, end + 2));
  if (length == std::string_view::npos || end < status_at + 3) return reading::broken;
  if (bytes.size() < end + 4 + length) return reading::incomplete;
  std::from_chars(bytes.data() + status_at, bytes.data() + status_at + 3, a.status);
  a.body = bytes.substr(end + 4, length);
  return reading::complete;
}

tl::expected<std::string, std::string> ask_once(const std::string& host, std::uint16_t port, std::string_view request) {
  const auto s = connect_to(host, port);
  if (!s) return tl::unexpected("cannot connect to " + host + " port " + std::to_string(port));
  while (!request.empty()) {
    const auto n = send(s.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (n <= 0) return tl::unexpected(std::string("the server takes no request"));
    request.remove_prefix(static_cast<std::size_t>(n));
  }
  std::string received;
  std::array<char, 4096> buffer{};
  for (answer a;;) {
    const auto n = recv(s.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) return tl::unexpected(std::string("the server closed the connection without an answer"));
    received.append(buffer.data(), static_cast<std::size_t>(n));
    const auto state = read_answer(received, a);
    if (state == reading::broken) return tl::unexpected(std::string("the answer is of an unknown shape"));
    if (state == reading::incomplete) continue;
    if (a.status != 200) return tl::unexpected("the server answers with status " + std::to_string(a.status));
    return std::string(a.body);
  }
}

}  // namespace authnz::bench
