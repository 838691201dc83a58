/// The host names a request may be addressed to (contract, section 1, "Host").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace authnz::net {

class allowed_hosts {
 public:
  /// Names and addresses without port; IPv6 addresses with or without brackets.
  explicit allowed_hosts(const std::vector<std::string>& names);

  /// Whether a `Host` field's value, its port aside, is among them. Compares
  /// without case; a value that is no host and port is not allowed.
  bool contains(std::string_view host_and_port) const noexcept;

 private:
  std::vector<std::string> names_;  // lower case, without brackets
};

}  // namespace authnz::net
