/// Addresses as SMTP commands and headers take them (RFC 5321, 5322, 6531).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authnz::actors {

struct mailbox {
  std::string display;  ///< display name, without quotes; may be empty
  std::string local;    ///< quoted where that is needed; may hold UTF-8
  std::string domain;   ///< ASCII, or an address literal in brackets

  std::string address() const { return local + "@" + domain; }
};

/// Reads `a@b`; characters that `one_line` removes are skipped. International
/// domains come out in their ASCII form (UTS 46). Nothing if that is no address.
std::optional<mailbox> parse_address(std::string_view text);
/// The same for `Name <a@b>`, `"Name" <a@b>` and `a@b`.
std::optional<mailbox> parse_mailbox(std::string_view text);

/// The ASCII form of a host name; nothing if it is none.
std::optional<std::string> ascii_domain(std::string_view utf8);

}  // namespace authnz::actors
