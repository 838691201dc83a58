#include "actors/rules/full_name.hpp"

#include <libpsl.h>

#include <algorithm>
#include <array>

#include "actors/rules/unicode.hpp"

namespace authnz::actors::rules {
namespace {

struct entity {
  char plain;
  std::string_view escaped;
};

constexpr auto entities =
    std::to_array<entity>({{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#x27;"}});

/// Unescaped, NFKC, white space squeezed.
std::u32string normalised_name(std::string_view given) {
  std::u32string out;
  for (const char32_t c : code_points(nfkc(unescape_name(given)))) {
    if (!is_white_space(c))
      out += c;
    else if (!out.empty() && out.back() != U' ')
      out += U' ';
  }
  if (!out.empty() && out.back() == U' ') out.pop_back();
  return out;
}

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_forbidden(char32_t c) {
  return is_control(c) || (c >= U'\u202A' && c <= U'\u202E') || (c >= U'\u2066' && c <= U'\u2069');
}

bool is_capitalised(std::u32string_view word) {
  return !word.empty() && is_capital(word.front()) && std::all_of(word.begin() + 1, word.end(), is_lower_case);
}

/// As in `Mr.Smith`, which is not meant as a host name.
bool is_two_names(std::u32string_view token) {
  const std::size_t dot = token.find(U'.');
  return dot != std::u32string_view::npos && is_capitalised(token.substr(0, dot)) &&
         is_capitalised(token.substr(dot + 1));
}

bool has_known_suffix(std::u32string_view host) {
  if (host.find(U'.') == std::u32string_view::npos || host.find(U"..") != std::u32string_view::npos) return false;
  const std::string domain = casefold(utf8(host));
  const psl_ctx_t* list = psl_builtin();
  const char* suffix = psl_unregistrable_domain(list, domain.c_str());
  return suffix != nullptr && psl_is_public_suffix2(list, suffix, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

std::u32string_view without_outer_punctuation(std::u32string_view token) {
  while (!token.empty() && is_punctuation(token.front())) token.remove_prefix(1);
  while (!token.empty() && is_punctuation(token.back())) token.remove_suffix(1);
  return token;
}

bool begins_with_host(std::u32string_view token) {
  const auto is_host = [](char32_t c) { return c == U'.' || c == U'-' || is_letter(c) || is_mark(c) || is_digit(c); };
  const auto end = std::find_if_not(token.begin(), token.end(), is_host);
  constexpr std::u32string_view after_host = U"/:?#";
  if (end != token.end() && after_host.find(*end) == std::u32string_view::npos) return false;
  std::u32string_view host = token.substr(0, static_cast<std::size_t>(end - token.begin()));
  // A host name's last dot stands for the root.
  if (!host.empty() && host.back() == U'.') host.remove_suffix(1);
  return has_known_suffix(host);
}

bool is_link(std::u32string_view token) {
  const std::string folded = casefold(utf8(token));
  for (const std::string_view start : {"http:", "https:", "www."})
    if (folded.compare(0, start.size(), start) == 0) return true;
  return !is_two_names(token) && begins_with_host(without_outer_punctuation(token));
}

}  // namespace

std::string unescape_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto* found = std::find_if(entities.begin(), entities.end(),
                                     [name](const entity& e) { return name.substr(0, e.escaped.size()) == e.escaped; });
    out += found == entities.end() ? name.front() : found->plain;
    name.remove_prefix(found == entities.end() ? 1 : found->escaped.size());
  }
  return out;
}

std::string escape_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto* found = std::find_if(entities.begin(), entities.end(), [c](const entity& e) { return e.plain == c; });
    if (found == entities.end())
      out += c;
    else
      out += found->escaped;
  }
  return out;
}

std::string stored_name(std::string_view given) { return escape_name(utf8(normalised_name(given))); }

bool name_acceptable(std::string_view given) {
  const std::u32string name = normalised_name(given);
  if (std::any_of(name.begin(), name.end(), is_forbidden) || name.find(U"://") != std::u32string_view::npos)
    return false;
  std::u32string_view rest = name;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(U" @"), rest.size());
    if (is_link(rest.substr(0, end))) return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

}  // namespace authnz::actors::rules
