/// Base64 in its two alphabets (RFC 4648, sections 4 and 5).
#pragma once

#include <string>
#include <string_view>

namespace authnz::proto {

enum class base64_alphabet : unsigned char {
  standard,  ///< with + and /
  url_safe,  ///< with - and _
};

enum class base64_padding : unsigned char {
  none,      ///< never written, refused when read
  required,  ///< always written, must be there when read
};

/// Appends the text of `bytes` to `out`.
void append_base64(std::string& out, std::string_view bytes, base64_alphabet alphabet, base64_padding padding);

/// Standard alphabet, padded.
std::string base64(std::string_view bytes);
/// URL-safe alphabet.
std::string base64_url(std::string_view bytes, base64_padding padding);

/// Reads URL-safe text strictly: no other characters, the right length, bits
/// beyond the last byte zero. So bytes have one spelling only. `out` gets the
/// bytes; when false is returned, anything.
bool decode_base64_url(std::string_view text, base64_padding padding, std::string& out);

/// Reads standard text, and skips every character outside of the alphabet. The
/// padding must be there, and nothing of the alphabet may follow it; bits
/// beyond the last byte are ignored. `out` as above.
bool decode_base64_skipping(std::string_view text, std::string& out);

}  // namespace authnz::proto
