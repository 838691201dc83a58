#include "actors/decisions/password_rules.hpp"

#include <algorithm>

namespace authnz::actors {

std::variant<std::vector<proto::code>, step> judge_password(const context& c, std::string_view password,
                                                            const rules::judged_against& against,
                                                            const rules::password_policy& policy) {
  auto failed = rules::judge(password, against, policy, *c.config.common_passwords);
  if (!failed.empty()) return failed;
  if (!c.known.breach) return step(ask_breached{password});
  const auto threshold = static_cast<std::uint64_t>(std::max(1, policy.min_pwned_matches));
  if (c.known.breach->matches.value_or(0) >= threshold) failed.push_back(proto::code::password_breached);
  return failed;
}

proto::answer insecure(std::vector<proto::code> failed, std::string fields) {
  return {proto::code::password_insecure, std::move(failed), std::move(fields)};
}

}  // namespace authnz::actors
