/// Whether a new password is accepted: the local rules, then the list of
/// breached passwords (contract, section 7.1).
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "actors/rules/password_policy.hpp"
#include "actors/step.hpp"

namespace authnz::actors {

/// The message codes of the rules that the password fails, empty when it is
/// accepted; or the step that asks the list, where it has not been asked.
/// The password must not be too long.
std::variant<std::vector<proto::code>, step> judge_password(const context& c, std::string_view password,
                                                            const rules::judged_against& against,
                                                            const rules::password_policy& policy);

/// `password-insecure` with the rules' codes as its messages.
proto::answer insecure(std::vector<proto::code> failed, std::string fields = {});

}  // namespace authnz::actors
