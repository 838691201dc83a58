/// Which full names are accepted, and how they are stored (contract, section 7.3).
#pragma once

#include <string>
#include <string_view>

namespace authnz::actors::rules {

/// Resolves `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&#x27;`, once.
std::string unescape_name(std::string_view name);

/// Writes `& < > " '` as those entities, also for HTML.
std::string escape_name(std::string_view name);

/// The stored form: unescaped, NFKC, white space squeezed, escaped again.
std::string stored_name(std::string_view given);

/// Whether a name has neither control characters nor anything that a mail
/// program would turn into a link.
bool name_acceptable(std::string_view given);

}  // namespace authnz::actors::rules
