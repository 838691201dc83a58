#include "actors/rules/email_address.hpp"
#include "actors/rules/text_lines.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors::rules {

domain_list domain_list::built_in() {
  return domain_list({
      "0-mail.com",
      "10minutemail.com",
      "10minutemail.net",
      "20minutemail.com",
      "33mail.com",
      "anonbox.net",
      "anonymbox.com",
      "burnermail.io",
      "deadaddress.com",
      "discard.email",
      "discardmail.com",
      "discardmail.de",
      "dispostable.com",
      "dropmail.me",
      "emailondeck.com",
      "emailsensei.com",
      "fakeinbox.com",
      "fakemail.net",
      "fakemailgenerator.com",
      "filzmail.com",
      "getairmail.com",
      "getnada.com",
      "grr.la",
      "guerrillamail.biz",
      "guerrillamail.com",
      "guerrillamail.de",
      "guerrillamail.info",
      "guerrillamail.net",
      "guerrillamail.org",
      "guerrillamailblock.com",
      "harakirimail.com",
      "incognitomail.org",
      "jetable.org",
      "kasmail.com",
      "linshiyouxiang.net",
      "mail-temporaire.fr",
      "mailcatch.com",
      "maildrop.cc",
      "mailexpire.com",
      "mailforspam.com",
      "mailinator.com",
      "mailinator.net",
      "mailinator2.com",
      "mailnesia.com",
      "mailnull.com",
      "mailpoof.com",
      "mailsac.com",
      "mailtemp.info",
      "meltmail.com",
      "mintemail.com",
      "moakt.com",
      "mohmal.com",
      "muellmail.com",
      "mytemp.email",
      "mytrashmail.com",
      "nada.email",
      "nospam.ze.tc",
      "nowmymail.com",
      "owlymail.com",
      "pokemail.net",
      "sharklasers.com",
      "spam4.me",
      "spambog.com",
      "spambox.us",
      "spamex.com",
      "spamgourmet.com",
      "spamhole.com",
      "spaml.com",
      "temp-mail.io",
      "temp-mail.org",
      "tempail.com",
      "tempinbox.com",
      "tempmail.com",
      "tempmail.de",
      "tempmail.net",
      "tempmailaddress.com",
      "tempmailo.com",
      "tempomail.fr",
      "tempr.email",
      "throwaway.email",
      "throwawaymail.com",
      "tmpmail.net",
      "tmpmail.org",
      "trash-mail.com",
      "trash-mail.de",
      "trashmail.com",
      "trashmail.de",
      "trashmail.net",
      "trashmail.ws",
      "wegwerfemail.de",
      "wegwerfmail.de",
      "wegwerfmail.net",
      "wegwerfmail.org",
      "yopmail.com",
      "yopmail.fr",
      "yopmail.net",
      "zehnminutenmail.de",
  });
}

domain_list::domain_list(const std::vector<std::string>& domains) {
  for (const std::string& domain : domains) domains_.insert(normalise_address(domain));
}

tl::expected<domain_list, std::string> domain_list::load(const std::filesystem::path& file) {
  std::vector<std::string> domains;
  const auto read = for_each_line(file, [&domains](std::string_view line) {
    const std::string_view domain = trim(line.substr(0, line.find('#')));
    if (!domain.empty()) domains.emplace_back(domain);
  });
  if (!read) return tl::unexpected(read.error());
  return domain_list(domains);
}

bool domain_list::contains(std::string_view domain) const {
  while (!domain.empty()) {
    if (domains_.count(std::string(domain)) != 0) return true;
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
  return false;
}

}  // namespace authnz::actors::rules
