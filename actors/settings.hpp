/// What the actors are configured with. Immutable; a reload makes a new one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "actors/mail.hpp"
#include "actors/mail_templates.hpp"
#include "actors/password_hash.hpp"
#include "actors/rate_limits.hpp"
#include "actors/rules/email_address.hpp"
#include "actors/rules/password_policy.hpp"
#include "actors/rules/permissions.hpp"
#include "actors/sweep.hpp"
#include "proto/call.hpp"
#include "proto/keyring.hpp"

namespace authnz::actors {

/// How messages are sent.
struct mail_settings {
  mail_route route;
  std::string sender;                    ///< `Name <a@b>`
  bool override_by_request = false;      ///< requests may name another route and sender
  bool html = false;                     ///< messages have an HTML part beside the plain text
  std::chrono::seconds first_retry{60};  ///< after the first attempt; the delay doubles with every further one
  std::shared_ptr<const mail_templates> templates;
  proto::keyring_ptr keys;  ///< messages at rest are sealed with them
};

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
  std::shared_ptr<const rules::permissions> permissions;
  mail_settings mail;
  audit_retention keep_audit;
};

using settings_ptr = std::shared_ptr<const settings>;

}  // namespace authnz::actors
