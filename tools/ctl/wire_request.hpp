/// Requests of the wire, asked through a node's link as an administrator.
#pragma once

#include <string>
#include <string_view>

#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// The answer's `response`. A failure is an error with its reason as code, and
/// a sentence for it.
tl::expected<nlohmann::json, link_error> ask_request(node_link& link, std::string_view request,
                                                     const nlohmann::json& body);

/// A sentence for an answer that is a failure.
std::string sentence_of(const nlohmann::json& answer);

/// `user_info` of a user, by id or e-mail address.
tl::expected<nlohmann::json, link_error> find_user(node_link& link, const std::string& who);

}  // namespace authnz::ctl
