/// Composes a message: headers, plain text, HTML on demand (contract, section
/// 8.5.1; RFC 5322, RFC 2045-2047).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/mail.hpp"
#include "actors/mail_templates.hpp"
#include "proto/time.hpp"

namespace authnz::actors {

/// What a message tells. All texts may come from a stranger: line breaks and
/// control characters are removed here.
struct mail_content {
  mail_kind kind = mail_kind::signup;
  std::string_view sender;     ///< as given: `Name <a@b>` or `a@b`
  std::string_view recipient;  ///< normalised address
  std::string_view server_name;
  std::string_view url;    ///< base URL + path
  std::string_view token;  ///< visible ASCII
  proto::timestamp expires{};
  std::string_view client_address;  ///< of the session
  std::string_view user_agent;      ///< of the session
};

/// Handed in, so that a message can be made again word for word.
struct mail_stamp {
  proto::timestamp now{};
  std::string_view unique;  ///< random, URL-safe; for Message-ID and boundary
};

/// The address within `Name <a@b>`, or the text itself; nothing if there is no
/// `a@b` that can go into an SMTP command.
std::optional<std::string> mail_address_of(std::string_view sender);

/// `html`: multipart/alternative with a second part, if the URL is one of the web,
/// else `text/plain` alone. Where `sender` or `recipient` is no address, the
/// outcome's is empty: such mail is refused.
outgoing_mail compose_mail(const mail_content& content, const mail_templates& words, const mail_stamp& stamp,
                           bool html);

}  // namespace authnz::actors
