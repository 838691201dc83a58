/// What the actors are configured with. Immutable; a reload makes a new one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "actors/password_hash.hpp"
#include "actors/rate_limits.hpp"
#include "actors/rules/email_address.hpp"
#include "actors/rules/password_policy.hpp"
#include "proto/call.hpp"

namespace authnz::actors {

struct settings {
  std::string server_name;
  proto::item_limits limits;
  std::int32_t session_expiry_days = 30;  ///< how long expired sessions are kept
  std::int32_t session_max_age_days = 0;  ///< cap of a session's life; 0 = none
  std::uint32_t lock_tries = 10;          ///< userlocktries
  std::int64_t lock_seconds = 3600;       ///< userlocktime
  rules::password_policy policy;
  std::shared_ptr<const rules::password_list> common_passwords;
  std::shared_ptr<const rules::domain_list> disposable_domains;
  argon2_params argon2;
  rate_limits rates;
};

using settings_ptr = std::shared_ptr<const settings>;

}  // namespace authnz::actors
