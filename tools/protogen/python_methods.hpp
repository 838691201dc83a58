/// The generated part of the Python client: one method a request.
#pragma once

#include <string>

namespace authnz::protogen {

std::string python_methods();

}  // namespace authnz::protogen
