/// Rate-limit buckets that survive a restart: the only code that knows the
/// keys and records of the slice `ratelimits` (contract, section 4).
///
/// Writes expect nothing: only the rate limiter writes here. Reading functions
/// treat damaged records as absent and leave a fault in the view.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

/// Whose requests a bucket counts.
enum class rate_scope : std::uint8_t {
  own,            ///< one client's, or those about one e-mail address
  shared,         ///< a network's, or a domain's
  all_clients,    ///< all of one request that had no other bucket, by client
  all_addresses,  ///< the same by e-mail address
  count_
};

struct rate_bucket {
  std::string key;  ///< hash under the secret of what is counted, 16 bytes
  rate_scope scope = rate_scope::own;
  std::string request;         ///< its name
  proto::timestamp created{};  ///< by the wall's clock
  std::uint32_t left = 0;
  std::uint32_t steps = 0;  ///< how often it got its allowance back
  std::uint32_t noted = 0;  ///< its last noteworthy refusal, seconds after its creation; 0 = none
};

/// What keys are hashed under; so that they are the same after a restart.
std::optional<std::string> find_rate_secret(const view& v);
/// In some order; the visitor returns whether to go on.
void for_each_rate_bucket(const view& v, const std::function<bool(const rate_bucket&)>& visit);

// These append to a mini-transaction what the change writes.

void put_rate_secret(mini_transaction& tx, std::string_view secret);
void put_rate_bucket(mini_transaction& tx, const rate_bucket& b);
void remove_rate_bucket(mini_transaction& tx, std::string_view key);

}  // namespace authnz::storage
