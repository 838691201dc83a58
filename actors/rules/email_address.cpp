#include "actors/rules/email_address.hpp"

#include <unicode/idna.h>

#include <algorithm>
#include <memory>

#include "actors/rules/confusable.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors::rules {
namespace {

constexpr std::size_t max_local_part = 64;
constexpr std::size_t max_address = 254;
constexpr std::size_t max_label = 63;

/// A blank before and after each.
constexpr std::string_view reserved_local_parts =
    " "
    "abuse account accounts admin administrator auth authorize autoconfig autodiscover blog broadcasthost buy cart "
    "clientaccesspolicy.xml clients contact contact-us contactus copyright crossdomain.xml dashboard doc docs "
    "download downloads enquiry faq favicon.ico ftp help hostmaster humans.txt .htaccess .htpasswd imap info "
    "inquiry is isatap it keybase.txt license localdomain localhost login logout mail mailer-daemon marketing me "
    "mis myaccount news no-reply noc nobody noreply oauth pay payment payments plans pop pop3 portfolio postmaster "
    "preferences pricing privacy profile register robots.txt root sales secure security settings signin signup smtp "
    "ssl ssladmin ssladministrator sslwebmaster status store subscribe support sysadmin terms tos usenet user users "
    "uucp weblog webmail webmaster work wpad www ";

bool is_local_character(char32_t c) {
  constexpr std::u32string_view others = U".!#$%&'*+/=?^_`{|}~-\u2019";
  return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || others.find(c) != std::u32string_view::npos;
}

bool is_reserved(std::string_view local) {
  return reserved_local_parts.find(" " + std::string(local) + " ") != std::string_view::npos;
}

bool is_local_part(std::string_view local) {
  const std::u32string text = code_points(local);
  return !text.empty() && text.size() <= max_local_part && std::all_of(text.begin(), text.end(), is_local_character) &&
         !is_reserved(local);
}

bool is_label(std::string_view label) {
  const std::u32string text = code_points(label);
  if (text.empty() || text.size() > max_label || text.front() == U'-' || text.back() == U'-') return false;
  // Many scripts write vowels as marks on letters, so a label cannot do without.
  if (is_mark(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char32_t c) { return c == U'-' || is_letter(c) || is_mark(c) || is_digit(c); });
}

/// Calls `accept` with each label until it refuses one; whether it took all.
template <class Accept>
bool all_labels(std::string_view domain, const Accept& accept) {
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!accept(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

/// A normalised `xn--` label as Unicode (RFC 5891); other labels, and those
/// that stand for nothing, as they are.
std::string decode_label(std::string_view label) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_UNICODE, status));
  if (U_FAILURE(status)) return std::string(label);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  idna->labelToUnicodeUTF8({label.data(), static_cast<std::int32_t>(label.size())}, sink, info, status);
  return U_FAILURE(status) ? std::string(label) : out;
}

bool has_confusable_label(std::string_view domain) {
  return !all_labels(domain, [](std::string_view label) {
    return label.substr(0, 4) != "xn--" || !is_confusable(decode_label(label));
  });
}

bool has_confusable_side(std::string_view as_given) {
  // The at signs that become `@` by NFKC part an address, too.
  for (const std::string_view at : {"@", "\uFF20", "\uFE6B"}) {
    const std::size_t where = as_given.find(at);
    if (where == std::string_view::npos) continue;
    return is_confusable(as_given.substr(0, where)) || is_confusable(as_given.substr(where + at.size()));
  }
  return true;
}

}  // namespace

bool address_acceptable(std::string_view as_given, const domain_list& disposable) {
  const std::string address = normalise_address(as_given);
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || count_code_points(address) > max_address) return false;
  const std::string_view local = std::string_view(address).substr(0, at);
  const std::string_view domain = std::string_view(address).substr(at + 1);
  // Neither side's characters include white space or another `@`.
  return is_local_part(local) && all_labels(domain, is_label) && !disposable.contains(domain) &&
         !has_confusable_side(as_given) && !has_confusable_label(domain);
}

bool seed_address_acceptable(std::string_view as_given) {
  const std::string address = normalise_address(as_given);
  return std::count(address.begin(), address.end(), '@') == 1;
}

}  // namespace authnz::actors::rules
