/// Reads what an opened envelope holds: the request's JSON (contract, sections
/// 1 and 2).
#pragma once

#include <string_view>

#include "proto/call.hpp"
#include "proto/error.hpp"
#include "proto/exchange.hpp"

namespace authnz::proto {

/// Fills in the exchange's `request`, `reqid`, `client` and `problems`; with
/// problems the status is `ok` too, because they are answered sealed.
/// `unauthorized`: no JSON (RFC 8259). `bad_request`: nests beyond 64 levels,
/// or a member of the envelope is not as it must be; a whole `reqid` must fit
/// a signed 64-bit number. `internal_error`: out of memory. What the exchange
/// then holds is of no use.
/// `client_required`: the client's address must be there, because rate limits
/// are on.
http_status read_payload(std::string_view text, bool client_required, const item_limits& limits,
                         exchange& out) noexcept;

}  // namespace authnz::proto
