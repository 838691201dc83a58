/// Text in the forms in which mail carries it (RFC 5322, 2045, 2047).
///
/// Takes UTF-8 that may come from a stranger; ill-formed bytes come out as U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace authnz::actors {

/// Without control characters, line and paragraph separators, and the bidirectional
/// overrides and isolates: what is left stays on one line, in its order.
std::string one_line(std::string_view utf8);

/// The first `longest` code points.
std::string cut(std::string_view utf8, std::size_t longest);

/// Between quotes, and with what stands there escaped (RFC 5322, section 3.2.4).
std::string quoted_string(std::string_view text);

/// The words of free text in a header: as they are, or, where readers would not
/// get them back exactly, as encoded words. `one_line` text.
std::vector<std::string> header_words(std::string_view text);
/// The words of a display name, quoted or encoded where that is needed. `one_line` text.
std::vector<std::string> phrase_words(std::string_view text);
/// A header with its CRLF, folded between words at 76 characters.
std::string folded_header(std::string_view name, const std::vector<std::string>& words);

struct encoded_body {
  std::string_view encoding;  ///< for Content-Transfer-Encoding
  std::string text;           ///< ASCII, lines of at most 76 characters, CRLF
};

/// Leaves text of short ASCII lines as it is but for the line ends.
encoded_body encode_body(std::string_view text);

}  // namespace authnz::actors
