/// Whether a text passes one script's letters off as another's (Unicode
/// Technical Standard 39, by ICU).
#pragma once

#include <string_view>

namespace authnz::actors::rules {

/// Whether a text mixes scripts, one character of it being confusable with one
/// of another script. What "highly restrictive" identifiers mix (UTS 39,
/// section 5.2: Latin with Chinese, Japanese or Korean) is no mixture. Takes
/// well-formed UTF-8; a text that cannot be judged counts as confusable.
bool is_confusable(std::string_view utf8);

}  // namespace authnz::actors::rules
