/// Messages at rest are sealed with the key that frontends share with the
/// server: they hold tokens that open doors, and perhaps a mail server's password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/mail.hpp"
#include "proto/keyring.hpp"

namespace authnz::actors {

struct sealed_mail {
  outgoing_mail mail;
  std::optional<mail_route> route;  ///< a request's own; nothing = the configured one when it is sent
};

/// With the ring's first key. Nothing if OpenSSL fails.
std::optional<std::string> seal_mail(const sealed_mail& what, const proto::keyring_ptr& keys);
/// With any of the ring's keys. Nothing when none fits any more, or the text is damaged.
std::optional<sealed_mail> open_mail(std::string_view sealed, const proto::keyring_ptr& keys);

}  // namespace authnz::actors
