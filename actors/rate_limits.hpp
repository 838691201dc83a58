/// How often a client may ask: the item `ratelimits` (contract, section 4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/requests.hpp"

namespace authnz::actors {

/// What one bucket holds, and what it gets back every 60 s.
struct allowance {
  std::uint32_t per_minute = 0;
  std::uint32_t capacity = 0;

  bool operator==(const allowance&) const = default;
};

struct rate_limits {
  bool enabled = true;
  // Groups, requests a minute.
  std::uint32_t user = 480;
  std::uint32_t session = 600;
  std::uint32_t apikey = 720;
  std::uint32_t internal = 3000;
  std::uint32_t ipaddr = 720;
  std::uint32_t burst = 150;                                ///< capacity of the groups' buckets
  std::array<std::uint32_t, proto::request_count> named{};  ///< limits set for a request itself; 0 = none
  std::size_t keys = 1'000'000;                             ///< the item `ratelimitkeys`

  allowance allowance_of(const proto::request_row& row) const;
};

/// Reads `key:int;...`, merged over the defaults, or `none`. The error names
/// the key and the reason.
tl::expected<rate_limits, std::string> parse_rate_limits(std::string_view text);

}  // namespace authnz::actors
