/// The part of a client that is generated, between two comments that mark it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authnz::protogen {

/// `file` with the lines between the markers `# >>> generated ...` and
/// `# <<< generated` renewed; `comment` is the language's sign for a comment
/// (here `#`). Nothing if the file does not hold both.
std::optional<std::string> with_marked_part(const std::string& file, std::string_view comment, std::string_view part);

}  // namespace authnz::protogen
