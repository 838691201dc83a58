#include "actors/rules/unicode.hpp"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace authnz::actors::rules {
namespace {

bool in_category(char32_t c, std::uint32_t mask) noexcept {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}

icu::StringPiece piece(std::string_view s) { return {s.data(), static_cast<std::int32_t>(s.size())}; }

}  // namespace

std::string nfkc(std::string_view utf8) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return std::string(utf8);
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(utf8.size()));
  form->normalizeUTF8(0, piece(utf8), sink, nullptr, status);
  return out;
}

std::string casefold(std::string_view utf8) {
  UErrorCode status = U_ZERO_ERROR;
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(utf8.size()));
  icu::CaseMap::utf8Fold(0, piece(utf8), sink, nullptr, status);
  return out;
}

std::string normalise_address(std::string_view utf8) { return casefold(nfkc(utf8)); }

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  for (std::size_t at = 0; at < utf8.size();) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, at, utf8.size(), c);
    out.push_back(static_cast<char32_t>(c));
  }
  return out;
}

std::size_t count_code_points(std::string_view utf8) noexcept {
  std::size_t count = 0;
  for (const char byte : utf8) count += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  return count;
}

void append_utf8(std::string& out, char32_t c) {
  char bytes[U8_MAX_LENGTH];
  std::size_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, static_cast<std::uint32_t>(c));
  out.append(bytes, length);
}

bool is_white_space(char32_t c) noexcept { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }
bool is_control(char32_t c) noexcept { return in_category(c, U_GC_CC_MASK); }
bool is_letter(char32_t c) noexcept { return in_category(c, U_GC_L_MASK); }
bool is_mark(char32_t c) noexcept { return in_category(c, U_GC_M_MASK); }
bool is_digit(char32_t c) noexcept { return in_category(c, U_GC_ND_MASK); }
bool is_punctuation(char32_t c) noexcept { return in_category(c, U_GC_P_MASK | U_GC_S_MASK); }
bool is_capital(char32_t c) noexcept { return in_category(c, U_GC_LU_MASK | U_GC_LT_MASK); }
bool is_lower_case(char32_t c) noexcept { return in_category(c, U_GC_LL_MASK); }

}  // namespace authnz::actors::rules
