/// What people build their passwords from; all lower case.
#pragma once

#include <string_view>

namespace authnz::actors::rules {

/// Words and names, separated by blanks.
extern const std::string_view common_words;
/// Longer passwords that people use as they are, separated by line breaks.
extern const std::string_view common_phrases;
/// English names of the months, separated by blanks.
extern const std::string_view month_names;

}  // namespace authnz::actors::rules
