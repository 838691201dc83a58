/// The tables as JSON, for tests and clients in other languages.
#pragma once

#include <string>

namespace authnz::protogen {

/// `{"requests": [...], "common_failures": [...], "password_rules": [...],
/// "codes": [...]}`, indented, with a final line break. A failure without a
/// message code has those of the password rules that fail.
std::string table_json();

}  // namespace authnz::protogen
