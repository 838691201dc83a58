/// The JSON of an answer, as text (contract, section 1, "Answer JSON").
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.hpp"

namespace authnz::proto {

/// What an action found: success, or one failure reason; what the user may
/// read; the request's own fields.
struct answer {
  code reason = code::none;    ///< none = success
  std::vector<code> messages;  ///< message codes, in order
  std::string fields;          ///< members of `response`, JSON text without braces

  static answer success(code message, std::string fields = {});
  /// The failure reason is its own message code.
  static answer failure(code reason, std::string fields = {});
  static answer failure(code reason, code message, std::string fields = {});
  bool ok() const { return reason == code::none; }
};

/// `reqid` is JSON text.
std::string render(const answer& a, std::string_view reqid);

/// The answer to a request that did not pass validation (contract, section 3).
/// `problems` is the JSON text of the list.
std::string render_problems(std::string_view request_name, std::string_view problems, std::string_view reqid);

}  // namespace authnz::proto
