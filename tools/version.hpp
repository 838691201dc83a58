/// The version that all programs of this build tell.
#pragma once

#include <string_view>

namespace authnz::tools {

inline constexpr std::string_view version = AUTHNZ_VERSION;

}  // namespace authnz::tools
