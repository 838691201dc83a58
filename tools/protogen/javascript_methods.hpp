/// The generated part of the JavaScript client: one method a request.
#pragma once

#include <string>

namespace authnz::protogen {

std::string javascript_methods();

}  // namespace authnz::protogen
