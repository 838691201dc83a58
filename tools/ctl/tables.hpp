/// The request and the code table, for people and for scripts.
#pragma once

#include <iosfwd>

namespace authnz::ctl {

void print_requests(std::ostream& out, bool as_json);
void print_codes(std::ostream& out, bool as_json);

}  // namespace authnz::ctl
