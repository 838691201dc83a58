/// Unicode forms and classes of text (Unicode Standard Annexes 15 and 44), by ICU.
///
/// Takes well-formed UTF-8, U+0000 included; ill-formed bytes come out as
/// U+FFFD. Nothing here throws, but for want of memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace authnz::actors::rules {

std::string nfkc(std::string_view utf8);
/// Full case folding, in no locale.
std::string casefold(std::string_view utf8);
/// The form in which e-mail addresses are compared and stored: NFKC, then casefold.
std::string normalise_address(std::string_view utf8);

std::u32string code_points(std::string_view utf8);
std::size_t count_code_points(std::string_view utf8) noexcept;
void append_utf8(std::string& out, char32_t c);

bool is_white_space(char32_t c) noexcept;  ///< property White_Space
bool is_control(char32_t c) noexcept;      ///< category Cc
bool is_letter(char32_t c) noexcept;       ///< categories L*
bool is_mark(char32_t c) noexcept;         ///< categories M*
bool is_digit(char32_t c) noexcept;        ///< category Nd
/// Categories P* and S*: ASCII's punctuation is spread over both.
bool is_punctuation(char32_t c) noexcept;
bool is_capital(char32_t c) noexcept;     ///< categories Lu and Lt
bool is_lower_case(char32_t c) noexcept;  ///< category Ll

}  // namespace authnz::actors::rules
