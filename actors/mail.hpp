/// Messages on their way out: what the mailer hands to the network.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "proto/secret.hpp"

namespace authnz::actors {

enum class mail_security : std::uint8_t {
  starttls,  ///< required: a server that does not offer it refuses the message for good
  tls,       ///< from the first byte
  none,
};

/// A mail server, and how to speak to it.
struct mail_route {
  std::string server;
  std::uint16_t port = 25;
  std::string user;        ///< AUTH only if offered, and both are non-empty
  proto::secret password;  ///< may be empty
  mail_security security = mail_security::starttls;
  bool verify_certificate = true;
  std::optional<std::filesystem::path> authorities;  ///< PEM file; nothing = the system's
};

/// A message as it goes over the wire (RFC 5322 with CRLF; RFC 5321 addresses,
/// without brackets).
struct outgoing_mail {
  std::string sender;
  std::string recipient;
  std::string text;
};

enum class delivery : std::uint8_t {
  accepted,  ///< the mail server has taken it over
  deferred,  ///< temporary trouble: no connection, time-out, 4xx
  refused,   ///< for good: 5xx, no STARTTLS where required, certificate not trusted
};

struct delivery_report {
  delivery result = delivery::deferred;
  std::string detail;  ///< for the log: no address, no text of the message
};

/// The way to the mail server. May block until `timeout` has passed. Callable
/// from several threads at once.
class mail_transport {
 public:
  virtual ~mail_transport() = default;
  virtual delivery_report deliver(const outgoing_mail& mail, const mail_route& route,
                                  std::chrono::milliseconds timeout) = 0;
};

}  // namespace authnz::actors
