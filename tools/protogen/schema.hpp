/// docs/requests.schema.json: what validation accepts, as JSON Schema 2020-12.
///
/// It agrees with the server but for what the language cannot say: 7.0 is an
/// integer there, texts are measured in characters instead of bytes, and
/// objects and lists have no size and no depth.
#pragma once

#include <string>

namespace authnz::protogen {

/// One definition a request, and one for any of them; indented, with a final line break.
std::string requests_schema();

}  // namespace authnz::protogen
