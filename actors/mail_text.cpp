#include "actors/mail_text.hpp"

#include <algorithm>

#include "actors/rules/unicode.hpp"
#include "proto/base64.hpp"

namespace authnz::actors {
namespace {

constexpr std::size_t longest_line = 76;
// Room for a header's name before the first word.
constexpr std::size_t longest_word = 60;
constexpr std::string_view word_start = "=?UTF-8?B?";
constexpr std::string_view word_end = "?=";
constexpr std::size_t bytes_in_word = (longest_word - word_start.size() - word_end.size()) / 4 * 3;

bool is_removed(char32_t c) {
  return rules::is_control(c) || c == U'\u2028' || c == U'\u2029' || (c >= U'\u202A' && c <= U'\u202E') ||
         (c >= U'\u2066' && c <= U'\u2069');
}

bool is_visible_ascii(char c) { return c > ' ' && c < '\x7f'; }

bool is_ascii_line(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == ' ' || is_visible_ascii(c); });
}

bool is_atom(std::string_view word) {
  constexpr std::string_view specials = "()<>[]:;@\\,.\"";
  return std::all_of(word.begin(), word.end(), is_visible_ascii) &&
         word.find_first_of(specials) == std::string_view::npos;
}

// False when there are blanks that folding and unfolding would not bring back.
bool split_words(std::string_view text, std::vector<std::string>& words) {
  while (true) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end == 0 || end > longest_word) return false;
    words.emplace_back(text.substr(0, end));
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

// A reader would decode what only looks like an encoded word.
bool is_literal(std::string_view text) { return is_ascii_line(text) && text.find("=?") == std::string_view::npos; }

std::vector<std::string> encoded_words(std::string_view text) {
  std::vector<std::string> words;
  std::string bytes;
  const auto finish = [&] {
    words.push_back(std::string(word_start) + proto::base64(bytes) + std::string(word_end));
    bytes.clear();
  };
  for (const char32_t c : rules::code_points(text)) {
    std::string next;
    rules::append_utf8(next, c);
    if (bytes.size() + next.size() > bytes_in_word) finish();
    bytes += next;
  }
  if (!bytes.empty()) finish();
  return words;
}

// RFC 2045, section 6.7.
void append_quoted_printable(std::string& out, std::string_view line) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last = i + 1 == line.size();
    const bool literal = (is_visible_ascii(c) && c != '=') || ((c == ' ' || c == '\t') && !last);
    const std::size_t width = literal ? 1 : 3;
    if (column + width > longest_line - (last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    column += width;
    if (literal) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'=', digits[byte >> 4U], digits[byte & 0xFU]};
  }
  out += "\r\n";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string one_line(std::string_view utf8) {
  std::string out;
  for (const char32_t c : rules::code_points(utf8))
    if (!is_removed(c)) rules::append_utf8(out, c);
  return out;
}

std::string cut(std::string_view utf8, std::size_t longest) {
  std::string out;
  for (const char32_t c : rules::code_points(utf8)) {
    if (longest-- == 0) break;
    rules::append_utf8(out, c);
  }
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::vector<std::string> header_words(std::string_view text) {
  std::vector<std::string> words;
  if (is_literal(text) && split_words(text, words)) return words;
  return encoded_words(text);
}

std::vector<std::string> phrase_words(std::string_view text) {
  std::vector<std::string> words;
  if (!is_literal(text)) return encoded_words(text);
  if (split_words(text, words) && std::all_of(words.begin(), words.end(), is_atom)) return words;
  auto word = quoted_string(text);
  if (word.size() > longest_word) return encoded_words(text);
  return {std::move(word)};
}

std::string folded_header(std::string_view name, const std::vector<std::string>& words) {
  std::string out(name);
  out += ':';
  std::size_t column = out.size();
  for (const auto& word : words) {
    if (column + 1 + word.size() > longest_line && &word != &words.front()) {
      out += "\r\n";
      column = 0;
    }
    out += ' ';
    out += word;
    column += 1 + word.size();
  }
  return out + "\r\n";
}

encoded_body encode_body(std::string_view text) {
  const auto lines = lines_of(text);
  const bool as_it_is = std::all_of(lines.begin(), lines.end(), [](std::string_view line) {
    return line.size() <= longest_line && is_ascii_line(line) && !line.ends_with(' ');
  });
  encoded_body out{as_it_is ? "7bit" : "quoted-printable", {}};
  for (const auto line : lines) {
    if (as_it_is)
      out.text.append(line).append("\r\n");
    else
      append_quoted_printable(out.text, line);
  }
  return out;
}

}  // namespace authnz::actors
