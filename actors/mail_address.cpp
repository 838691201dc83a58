#include "actors/mail_address.hpp"

#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <algorithm>
#include <memory>

#include "actors/mail_text.hpp"
#include "actors/rules/text_lines.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {
namespace {

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_domain = 253;
constexpr std::size_t longest_local = 64;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_atom_character(char32_t c) {
  if (c >= 0x80) return !rules::is_white_space(c);
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.";
  return is_alphanumeric(static_cast<char>(c)) || others.find(static_cast<char>(c)) != std::string_view::npos;
}

// With dots in such places an address is valid only between quotes.
bool has_odd_dots(std::string_view local) {
  return local.starts_with('.') || local.ends_with('.') || local.find("..") != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return c == '-' || is_alphanumeric(c); });
}

bool is_ascii_domain(std::string_view text) {
  if (text.size() > longest_domain) return false;
  while (true) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address_literal(std::string_view text) {
  return text.size() > 2 && text.size() <= longest_domain && text.front() == '[' && text.back() == ']' &&
         std::all_of(text.begin() + 1, text.end() - 1,
                     [](char c) { return c == '.' || c == ':' || is_alphanumeric(c); });
}

/// The content of a quoted string; nothing if the text is none.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\') ++i;
    if (i + 1 == text.size()) return std::nullopt;
    out += text[i];
  }
  return out;
}

std::optional<std::string> local_part(std::string_view text) {
  if (text.empty() || rules::count_code_points(text) > longest_local) return std::nullopt;
  if (unquoted(text)) return std::string(text);
  const auto characters = rules::code_points(text);
  if (!std::all_of(characters.begin(), characters.end(), is_atom_character)) return std::nullopt;
  return has_odd_dots(text) ? quoted_string(text) : std::string(text);
}

}  // namespace

std::optional<std::string> ascii_domain(std::string_view utf8) {
  if (is_ascii(utf8)) return is_ascii_domain(utf8) ? std::optional(std::string(utf8)) : std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(
      UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES, status));
  if (U_FAILURE(status)) return std::nullopt;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  idna->nameToASCII_UTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())}, sink, info, status);
  if (U_FAILURE(status) || info.hasErrors() || !is_ascii_domain(out)) return std::nullopt;
  return out;
}

std::optional<mailbox> parse_address(std::string_view text) {
  const std::string cleaned = one_line(text);
  const std::string_view address = rules::trim(cleaned);
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto local = local_part(address.substr(0, at));
  const auto domain_text = address.substr(at + 1);
  auto domain = is_address_literal(domain_text) ? std::optional(std::string(domain_text)) : ascii_domain(domain_text);
  if (!local || !domain) return std::nullopt;
  return mailbox{{}, std::move(*local), std::move(*domain)};
}

std::optional<mailbox> parse_mailbox(std::string_view text) {
  const std::string cleaned = one_line(text);
  const std::string_view whole = rules::trim(cleaned);
  if (!whole.ends_with('>')) return parse_address(whole);
  const std::size_t open = whole.rfind('<');
  if (open == std::string_view::npos) return std::nullopt;
  auto parsed = parse_address(whole.substr(open + 1, whole.size() - open - 2));
  const auto display = rules::trim(whole.substr(0, open));
  if (parsed) parsed->display = unquoted(display).value_or(std::string(display));
  return parsed;
}

}  // namespace authnz::actors
