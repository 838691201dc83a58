/// Ranges of breached passwords: all whose SHA-1 begins with the same five hex
/// digits (the k-anonymity model of the Pwned Passwords API, version 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/secret.hpp"

namespace authnz::net {

/// The most that a range may hold, in bytes; true ones have about 40 KiB.
inline constexpr std::size_t max_range_size = std::size_t{2} << 20U;

/// A password's SHA-1 in upper-case hex digits.
struct range_key {
  std::string prefix;  ///< 5 digits, the name of the range
  std::string suffix;  ///< 35 digits
};

/// Nothing when SHA-1 is out of order.
std::optional<range_key> key_of(const proto::secret& password);

/// The count of a suffix in a range's text, lines `SUFFIX:COUNT`; 0 when it has
/// none. Nothing when the text is no range.
std::optional<std::uint64_t> count_in_range(std::string_view text, std::string_view suffix);

}  // namespace authnz::net
