/// Hands messages to mail servers (SMTP, RFC 5321; STARTTLS, RFC 3207; AUTH,
/// RFC 4954; SMTPUTF8, RFC 6531).
#pragma once

#include <atomic>
#include <string>

#include "actors/mail.hpp"

namespace authnz::net {

/// One connection a message. Neither proxies nor passwords come from the
/// environment. In a process that ignores SIGPIPE.
///
/// A message is accepted when the mail server has confirmed the whole of it. If
/// that reply is lost, it is deferred, and comes twice if the server had it: SMTP
/// cannot tell. Addresses with other than ASCII characters before the `@` are
/// refused unless the server offers SMTPUTF8.
class smtp_transport final : public actors::mail_transport {
 public:
  /// `client_name` is how the server is greeted; if it is no host name, `localhost`.
  explicit smtp_transport(const std::string& client_name);
  /// Greets with the host's full name.
  smtp_transport();

  actors::delivery_report deliver(const actors::outgoing_mail& mail, const actors::mail_route& route,
                                  std::chrono::milliseconds timeout) override;

  /// Ends what is under way, within about a second, and all that comes: they
  /// are deferred. For a server that stops.
  void stop() noexcept { stopped_ = true; }

 private:
  std::atomic<bool> stopped_ = false;
  std::string client_name_;
};

}  // namespace authnz::net
