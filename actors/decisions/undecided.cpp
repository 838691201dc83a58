// Requests that are not decided yet.
#include "actors/decisions.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::request;

std::string decision<request::user_check_access>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_access>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

std::string decision<request::user_check_limit>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_limit>::decide(const context&) {
  return finish{.answer = answer::failure(code::storage_error)};
}

}  // namespace authnz::actors
