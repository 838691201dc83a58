/// The tables as JSON, for tests and clients in other languages.
#pragma once

#include <string>

namespace authnz::protogen {

/// `{"requests": [...], "codes": [...]}`, indented, with a final line break.
std::string table_json();

}  // namespace authnz::protogen
