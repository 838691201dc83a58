/// Text for manual pages, so that nothing in it is a command of roff(7).
#pragma once

#include <string>
#include <string_view>

namespace authnz::tools {

/// Escaped. Empty lines, which would make gaps, are left out.
inline std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      case '\n':
        if (!out.ends_with('\n')) out += '\n';
        break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace authnz::tools
