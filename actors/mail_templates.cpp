#include "actors/mail_templates.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include "actors/rules/full_name.hpp"
#include "actors/rules/text_lines.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {
namespace {

using checked = tl::expected<void, std::string>;

struct placeholder {
  std::string_view name;
  std::string mail_values::*value;
  bool needed;
};

constexpr auto placeholders = std::to_array<placeholder>({
    {"server_name", &mail_values::server_name, false},
    {"recipient", &mail_values::recipient, false},
    {"url", &mail_values::url, true},
    {"token", &mail_values::token, true},
    {"expires", &mail_values::expires, true},
    {"client_address", &mail_values::client_address, true},
    {"user_agent", &mail_values::user_agent, true},
});

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
constexpr std::string_view token_line = "{{token}}";
constexpr std::string_view url_line = "{{url}}";
constexpr std::string_view subject_start = "Subject:";

constexpr auto kinds = std::to_array<std::pair<mail_kind, std::string_view>>(
    {{mail_kind::signup, "signup"}, {mail_kind::forgotpass, "forgotpass"}});
static_assert(kinds.size() == static_cast<std::size_t>(mail_kind::count_));

const placeholder* find_placeholder(std::string_view name) {
  const auto* found =
      std::find_if(placeholders.begin(), placeholders.end(), [name](const placeholder& p) { return p.name == name; });
  return found == placeholders.end() ? nullptr : found;
}

std::string written(const placeholder& p) { return std::string(opening).append(p.name).append(closing); }

/// Calls back with what is between placeholders, and with their names. False
/// when one is not closed on its line.
template <class Text, class Name>
bool for_each_part(std::string_view text, Text on_text, Name on_name) {
  while (true) {
    const std::size_t open = std::min(text.find(opening), text.size());
    on_text(text.substr(0, open));
    if (open == text.size()) return true;
    text.remove_prefix(open + opening.size());
    const std::size_t close = text.find(closing);
    if (close == std::string_view::npos || text.find('\n') < close) return false;
    on_name(text.substr(0, close));
    text.remove_prefix(close + closing.size());
  }
}

template <class Escape>
std::string fill(std::string_view text, const mail_values& values, Escape escape) {
  std::string out;
  for_each_part(
      text, [&](std::string_view part) { out += part; },
      [&](std::string_view name) {
        if (const auto* p = find_placeholder(name)) out += escape(values.*(p->value));
      });
  return out;
}

checked check_placeholders(std::string_view text) {
  std::optional<std::string_view> unknown;
  const bool closed = for_each_part(
      text, [](std::string_view) {},
      [&](std::string_view name) {
        if (find_placeholder(name) == nullptr && !unknown) unknown = name;
      });
  if (!closed) return tl::unexpected<std::string>("a placeholder is not closed: {{ without }} on its line");
  if (!unknown) return {};
  std::string error = "{{" + std::string(*unknown) + "}} is no placeholder; there are";
  for (const auto& p : placeholders) error += " " + written(p);
  return tl::unexpected(error);
}

/// Line ends are LF.
checked check_body(std::string_view text) {
  if (auto known = check_placeholders(text); !known) return known;
  for (const auto& p : placeholders)
    if (p.needed && text.find(written(p)) == std::string_view::npos) return tl::unexpected(written(p) + " is missing");
  return {};
}

bool has_line(std::string_view text, std::string_view line) {
  return ("\n" + std::string(text)).find("\n" + std::string(line) + "\n") != std::string::npos;
}

bool has_paragraph(std::string_view text, std::string_view line) {
  return ("\n\n" + std::string(text) + "\n").find("\n\n" + std::string(line) + "\n\n") != std::string::npos;
}

checked check_plain(std::string_view text) {
  if (auto good = check_body(text); !good) return good;
  if (!has_paragraph(text, token_line)) return tl::unexpected<std::string>("{{token}} must be a paragraph of its own");
  if (!has_line(text, url_line)) return tl::unexpected<std::string>("{{url}} must be on a line of its own");
  return {};
}

checked check_subject(std::string_view text) {
  if (text.empty()) return tl::unexpected<std::string>("the first line must be \"Subject: \" and the subject");
  if (auto known = check_placeholders(text); !known) return known;
  bool fits = true;
  for_each_part(
      text, [](std::string_view) {}, [&](std::string_view name) { fits = fits && name == "server_name"; });
  if (!fits) return tl::unexpected<std::string>("of the placeholders, the subject may only have {{server_name}}");
  return {};
}

checked read_plain(std::string_view text, mail_template& into) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto first = text.substr(0, end);
  into.subject = first.starts_with(subject_start) ? rules::trim(first.substr(subject_start.size())) : "";
  if (auto good = check_subject(into.subject); !good) return good;
  text.remove_prefix(end);
  if (!text.starts_with("\n\n")) return tl::unexpected<std::string>("the second line must be empty");
  into.plain = text.substr(2);
  return check_plain(into.plain);
}

checked read_html(std::string_view text, mail_template& into) {
  into.html = text;
  return check_body(text);
}

checked read_template(std::string_view extension, std::string_view text, mail_template& into) {
  return extension == ".txt" ? read_plain(text, into) : read_html(text, into);
}

bool is_utf8(std::string_view text) {
  std::string again;
  for (const char32_t c : rules::code_points(text)) rules::append_utf8(again, c);
  return again == text;
}

/// Line ends are LF, also the last. Nothing when there is no such file.
tl::expected<std::optional<std::string>, std::string> text_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::symlink_status(file, ignored).type() == std::filesystem::file_type::not_found)
    return std::nullopt;
  std::string text;
  const auto read = rules::for_each_line(file, [&](std::string_view line) { text.append(line).append("\n"); });
  if (!read) return tl::unexpected(read.error());
  if (!is_utf8(text)) return tl::unexpected(file.string() + " is not UTF-8");
  return text;
}

}  // namespace

mail_templates mail_templates::built_in() {
  mail_templates made;
  for (const auto& [name, text] : built_in_template_files())
    for (const auto& [kind, stem] : kinds)
      if (const std::filesystem::path file(name); file.stem() == stem)
        read_template(file.extension().string(), text, made.templates_[static_cast<std::size_t>(kind)]);
  return made;
}

tl::expected<mail_templates, std::string> mail_templates::load(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored))
    return tl::unexpected(directory.string() + " is no directory");
  auto made = built_in();
  for (const auto& [kind, stem] : kinds)
    for (const std::string_view extension : {".txt", ".html"}) {
      const auto file = directory / (std::string(stem) + std::string(extension));
      const auto text = text_of(file);
      if (!text) return tl::unexpected(text.error());
      if (!*text) continue;
      const auto good = read_template(extension, **text, made.templates_[static_cast<std::size_t>(kind)]);
      if (!good) return tl::unexpected(file.string() + ": " + good.error());
    }
  return made;
}

std::string fill_in(std::string_view text, const mail_values& values) {
  return fill(text, values, [](const std::string& value) -> const std::string& { return value; });
}

std::string fill_in_html(std::string_view html, const mail_values& values) {
  return fill(html, values, [](const std::string& value) { return rules::escape_name(value); });
}

}  // namespace authnz::actors
