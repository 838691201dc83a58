/// Times on the command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace authnz::ctl {

/// `30`, `30s`, `5m`, `2h` or `7d`; nothing if it is none, or not above zero.
std::optional<std::chrono::seconds> parse_duration(const std::string& text);

/// A time in UTC such as `2026-01-31T12:00:00`, a date alone, or so long ago
/// (`24h`), as the wire writes times; nothing if it is none of them.
std::optional<std::string> parse_moment(const std::string& text, std::chrono::system_clock::time_point now);

}  // namespace authnz::ctl
