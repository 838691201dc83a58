// Requests that are not decided yet.
#include "actors/decisions.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::request;

std::string decision<request::user_lookup_match>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_lookup_match>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_edit>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_edit>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_resetpass>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_resetpass>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_resetpass_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_resetpass_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_lock>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_lock>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::internal_user_lock>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::internal_user_lock>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::internal_user_edit>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::internal_user_edit>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::internal_user_delete>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::internal_user_delete>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_set_emailsent>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_set_emailsent>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_sendemail_signup>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_sendemail_signup>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_sendemail_forgotpass>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_sendemail_forgotpass>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_new>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_new>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_verify>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_verify>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_revoke>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_revoke>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_new_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_new_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_verify_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_verify_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_revoke_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_revoke_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_revokeall_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_revokeall_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::apikey_refresh_nosession>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::apikey_refresh_nosession>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_check_access>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_access>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_check_limit>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_limit>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

}  // namespace authnz::actors
