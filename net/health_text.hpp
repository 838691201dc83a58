/// What the O(1) parts of health say (contract, section 11.4).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proto/json_text.hpp"

namespace authnz::net {

inline constexpr std::string_view liveness_text = R"({"live":true})";

/// `reason` says why the server is not ready; nothing when it is.
inline std::string readiness_text(const std::optional<std::string>& reason) {
  nlohmann::json j{{"ready", !reason}};
  if (reason) j["reason"] = *reason;
  return proto::to_text(j);
}

}  // namespace authnz::net
