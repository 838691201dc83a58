/// Breached passwords at a range service (Pwned Passwords API, version 3).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "actors/interfaces.hpp"

namespace authnz::net {

/// What is wrong with a base URL: it must be `https://`, or `http://` to a
/// loopback host, without user, password and fragment.
tl::expected<void, std::string> check_range_url(std::string_view url);

/// Only the first five hex digits of a password's SHA-1 leave the process, and
/// padding hides from the network which range was answered. A look-up takes 2 s
/// at most. Redirects are not followed: they could lead to plain HTTP. Keeps
/// its connection open. For one thread at a time, in a process that ignores
/// SIGPIPE (curl writes to connections that the peer may have closed).
class breach_range_service final : public actors::breached_passwords {
 public:
  /// `base_url` is one that check_range_url accepts; the digits are appended to
  /// it. `ca_file` (PEM) replaces the system's authorities unless it is empty.
  explicit breach_range_service(std::string base_url, const std::string& ca_file = {});
  ~breach_range_service() override;
  breach_range_service(const breach_range_service&) = delete;
  breach_range_service& operator=(const breach_range_service&) = delete;

  std::optional<std::uint64_t> matches(const proto::secret& password) override;

 private:
  struct connection;
  std::string base_url_;
  std::unique_ptr<connection> connection_;
};

}  // namespace authnz::net
