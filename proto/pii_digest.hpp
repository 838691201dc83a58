/// What a log shows in place of personal data (contract, section 12).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "proto/secret.hpp"

namespace authnz::proto {

/// Immutable. The same item gives the same digest: BLAKE2b of 12 bytes (RFC
/// 7693) with the personalisation `authnzrv-pii`, as 24 hexadecimal digits.
class pii_digest {
 public:
  /// The key is `salt`, or its BLAKE2b-512 if it has more than 64 bytes.
  static pii_digest keyed(std::string_view salt);
  /// Items stay in clear; tokens are digests all the same, under a random key
  /// that dies with the process.
  static pii_digest clear();

  std::string of(std::string_view item) const;
  std::string of_token(std::string_view token) const;

 private:
  pii_digest(secret key, bool items_in_clear) : key_(std::move(key)), items_in_clear_(items_in_clear) {}

  secret key_;
  bool items_in_clear_;
};

}  // namespace authnz::proto
