/// The reference documents, as Markdown.
#pragma once

#include <string>

namespace authnz::protogen {

/// docs/requests.md: every request with its items.
std::string requests_document();

/// docs/errors.md: every code with its use and its text.
std::string errors_document();

}  // namespace authnz::protogen
