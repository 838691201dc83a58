/// Writes HTTP/1.1 answers as text (contract, section 2; RFC 9110, 9112).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/error.hpp"

namespace authnz::net {

/// All of an answer but its body.
struct answer_head {
  proto::http_status status = proto::http_status::ok;
  bool json = false;  ///< application/json; else `type`
  std::string_view type = "text/plain; charset=UTF-8";
  bool close = false;             ///< the connection ends with this answer
  std::uint32_t retry_after = 0;  ///< seconds; said with 429 and 503, then at least 1
  std::string_view allow;         ///< the path's methods, with 405
  std::string_view date;          ///< the field's value
};

/// Appends head and body. `without_body` answers HEAD: the head alone.
void append_answer(std::string& out, const answer_head& head, std::string_view body, bool without_body = false);

/// The value of a `Date` field: IMF-fixdate (RFC 9110, section 5.6.7).
std::string http_date(std::chrono::sys_seconds t);

inline constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace authnz::net
