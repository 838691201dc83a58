#include "actors/mail_message.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "actors/mail_address.hpp"
#include "actors/mail_text.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {
namespace {

constexpr std::size_t token_line_length = 70;
constexpr std::size_t longest_user_agent = 200;

std::string wrapped_token(std::string_view token) {
  std::string out;
  std::size_t column = 0;
  for (const char c : token) {
    if (c <= ' ' || c > '~') continue;
    if (column++ == token_line_length) {
      out += '\n';
      column = 1;
    }
    out += c;
  }
  return out;
}

// Full stops, and what mail programs may take for one between labels (UTS 46).
bool is_dot(char32_t c) {
  return c == U'.' || c == U'\u2024' || c == U'\u3002' || c == U'\uFE52' || c == U'\uFF0E' || c == U'\uFF61';
}

std::string without_links(std::string_view user_agent) {
  std::string out;
  for (const char32_t c : rules::code_points(user_agent)) rules::append_utf8(out, is_dot(c) ? U'_' : c);
  return out;
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

std::string written_time(proto::timestamp t) {
  auto text = proto::format_time(std::chrono::floor<std::chrono::seconds>(t));
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text + " UTC";
}

mail_values values_of(const mail_content& content) {
  return {one_line(content.server_name),
          one_line(content.recipient),
          one_line(content.url),
          wrapped_token(content.token),
          written_time(content.expires),
          or_unknown(one_line(content.client_address)),
          or_unknown(without_links(cut(one_line(content.user_agent), longest_user_agent)))};
}

/// RFC 5322, section 3.3.
std::string mail_date(proto::timestamp t) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(t - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %u %s %04d %02d:%02d:%02d +0000", days[weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text.data();
}

std::string from_header(const mailbox& sender) {
  if (sender.display.empty()) return folded_header("From", {sender.address()});
  auto words = phrase_words(sender.display);
  words.push_back(std::string("<").append(sender.address()).append(">"));
  return folded_header("From", words);
}

std::string headers(const std::optional<mailbox>& sender, const std::optional<mailbox>& recipient,
                    std::string_view subject, const mail_stamp& stamp) {
  std::string out = folded_header("Date", {mail_date(stamp.now)});
  if (sender) out += from_header(*sender);
  if (recipient) out += folded_header("To", {recipient->address()});
  const std::string domain = sender ? sender->domain : "localhost";
  out += folded_header("Message-ID", {std::string("<").append(stamp.unique).append("@").append(domain).append(">")});
  out += folded_header("Subject", header_words(subject));
  return out + "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
}

std::string part(std::string_view type, std::string_view text) {
  const auto body = encode_body(text);
  std::string out = "Content-Type: ";
  out.append(type).append("; charset=UTF-8\r\nContent-Transfer-Encoding: ").append(body.encoding);
  return out.append("\r\n\r\n").append(body.text);
}

std::string alternatives(std::string_view plain, std::string_view html, std::string_view unique) {
  // No quoted-printable text can have this.
  const std::string boundary = std::string("=_").append(unique);
  std::string out = "Content-Type: multipart/alternative;\r\n boundary=\"";
  out.append(boundary).append("\"\r\n");
  for (const auto part : {plain, html}) out.append("\r\n--").append(boundary).append("\r\n").append(part);
  return out.append("\r\n--").append(boundary).append("--\r\n");
}

// A link must not do anything but open a page.
bool is_web_page(std::string_view url) {
  const auto start = rules::casefold(url.substr(0, std::string_view("https://").size()));
  return start.starts_with("https://") || start.starts_with("http://");
}

}  // namespace

std::optional<std::string> mail_address_of(std::string_view sender) {
  const auto parsed = parse_mailbox(sender);
  return parsed ? std::optional(parsed->address()) : std::nullopt;
}

outgoing_mail compose_mail(const mail_content& content, const mail_templates& words, const mail_stamp& stamp,
                           bool html) {
  const auto sender = parse_mailbox(content.sender);
  const auto recipient = parse_address(content.recipient);
  const auto values = values_of(content);
  const auto& used = words.of(content.kind);
  const auto subject =
      std::string("[").append(values.server_name).append("] ").append(one_line(fill_in(used.subject, values)));
  outgoing_mail mail;
  if (sender) mail.sender = sender->address();
  if (recipient) mail.recipient = recipient->address();
  mail.text = headers(sender, recipient, subject, stamp);
  const auto plain = part("text/plain", fill_in(used.plain, values));
  mail.text += html && is_web_page(values.url)
                   ? alternatives(plain, part("text/html", fill_in_html(used.html, values)), stamp.unique)
                   : plain;
  return mail;
}

}  // namespace authnz::actors
