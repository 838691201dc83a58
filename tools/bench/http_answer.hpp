/// Reads HTTP answers of the shape that this server gives: HTTP/1.1, a
/// Content-Length, nothing after the body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::bench {

struct answer {
  int status = 0;
  std::string_view body;
};

enum class reading : std::uint8_t { incomplete, complete, broken };

/// `a` is filled in when complete, and views `bytes`.
reading read_answer(std::string_view bytes, answer& a);

/// Sends one HTTP request on a connection of its own. The body of a 200, or
/// one line that says what went wrong.
tl::expected<std::string, std::string> ask_once(const std::string& host, std::uint16_t port, std::string_view request);

}  // namespace authnz::bench
