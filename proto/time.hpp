/// Moments as the wire writes them: UTC, microseconds, years 1 to 9999
/// (contract, section 7.4; ISO 8601).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace authnz::proto {

/// Microseconds since 1970-01-01T00:00:00Z; negative before.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// `YYYY-MM-DDTHH:MM:SS.ffffff`, without zone; the fraction is absent when zero.
/// Requires a year within 1-9999.
std::string format_time(timestamp t);

/// Reads an ISO 8601 date and time: fraction of 1-6 digits optional, `Z` or
/// `+HH:MM` / `-HH:MM` optional, UTC without a zone; `T` or one blank between.
/// Nothing if it is anything else, or lies outside of the years 1-9999.
std::optional<timestamp> parse_time(std::string_view text) noexcept;

/// Whether a moment can be written: its year is within 1-9999.
bool is_writable(timestamp t) noexcept;

/// `t` + `amount`, or nothing when that cannot be written.
std::optional<timestamp> add_seconds(timestamp t, std::int64_t seconds) noexcept;

}  // namespace authnz::proto
