/// The generated part of the Python client: one method a request.
#pragma once

#include <optional>
#include <string>

namespace authnz::protogen {

/// `client` with the lines between the markers `# >>> generated ...` and
/// `# <<< generated` renewed. Nothing if it does not hold both.
std::optional<std::string> with_python_methods(const std::string& client);

}  // namespace authnz::protogen
