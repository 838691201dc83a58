// user-check-access, user-check-limit
#include <algorithm>
#include <vector>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/rules/permissions.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::request;

namespace {

using user_id_list = std::vector<std::int64_t>;

bool is_in_good_standing(const storage::view& store, std::int64_t id) {
  const auto user = storage::peek_user(store, id);
  return user && user->in_good_standing();
}

bool is_caller(const context& c) {
  return stands_in_role(c.store, c.request.integer("user_id"), c.request.text("user_role"));
}

std::string id_text(const context& c, std::string_view item) { return std::to_string(c.request.integer(item)); }

step deny(const context& c, code reason) {
  return finish{.answer = answer::failure(reason, code::access_denied),
                .audit = {{"access.denied", id_text(c, "user_id"), id_text(c, "target_owner")}}};
}

step refuse_value(const context& c, code reason) {
  return finish{.answer = answer::failure(reason, code::limit_failed),
                .audit = {{"limit.refused", id_text(c, "user_id")}}};
}

rules::access_question question(const proto::call& asked, const user_id_list& shared_with) {
  return {.user_id = asked.integer("user_id"),
          .role = asked.text("user_role"),
          .action = asked.text("action"),
          .item = asked.text("target_name"),
          .owner = asked.integer("target_owner"),
          .visibility = asked.text("target_visibility"),
          .shared_with = shared_with};
}

}  // namespace

std::string decision<request::user_check_access>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_access>::decide(const context& c) {
  const auto shared_with = rules::parse_shared_with(c.request.text("target_sharedwith"));
  if (!shared_with) return deny(c, code::sharedwith_invalid);
  if (!is_caller(c)) return deny(c, code::caller_invalid);
  const auto is_good = [&c](std::int64_t id) { return is_in_good_standing(c.store, id); };
  if (!is_good(c.request.integer("target_owner")) || !std::ranges::all_of(*shared_with, is_good))
    return deny(c, code::target_users_invalid);
  if (!rules::is_allowed(*c.config.permissions, question(c.request, *shared_with))) return deny(c, code::not_allowed);
  return finish{.answer = answer::success(code::access_granted)};
}

std::string decision<request::user_check_limit>::fields_on_failure(const proto::call&) { return {}; }
step decision<request::user_check_limit>::decide(const context& c) {
  if (!is_caller(c)) return refuse_value(c, code::caller_invalid);
  switch (rules::judge_limit(*c.config.permissions, c.request.text("user_role"), c.request.text("limit_name"),
                             *c.request.find("value_to_check"))) {
    case rules::limit_verdict::value_invalid: return refuse_value(c, code::limit_value_invalid);
    case rules::limit_verdict::over: return refuse_value(c, code::over_limit);
    case rules::limit_verdict::passed: break;
  }
  return finish{.answer = answer::success(code::limit_passed)};
}

}  // namespace authnz::actors
