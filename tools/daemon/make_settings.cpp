#include "tools/daemon/make_settings.hpp"

namespace authnz::daemon {
namespace {

/// A list from the item's file, or the one built in.
template <class List>
tl::expected<std::shared_ptr<const List>, std::string> list_of(item id,
                                                               const std::optional<std::filesystem::path>& file) {
  if (!file) return std::make_shared<const List>(List::built_in());
  auto loaded = List::load(*file);
  if (!loaded) return tl::unexpected(std::string(row(id).name) + ": " + loaded.error());
  return std::make_shared<const List>(std::move(*loaded));
}

/// Replaces a list with its file's present content.
template <class List>
void renew(std::shared_ptr<const List>& list, item id, const std::optional<std::filesystem::path>& file,
           std::vector<std::string>& errors) {
  if (!file) return;
  if (auto fresh = list_of<List>(id, file)) {
    list = std::move(*fresh);
  } else {
    errors.push_back(fresh.error());
  }
}

}  // namespace

tl::expected<actors::settings_ptr, std::string> make_settings(const config& c) {
  auto common = list_of<actors::rules::password_list>(item::commonpasswords, c.common_passwords);
  if (!common) return tl::unexpected(common.error());
  auto domains = list_of<actors::rules::domain_list>(item::disposabledomains, c.disposable_domains);
  if (!domains) return tl::unexpected(domains.error());
  auto made = std::make_shared<actors::settings>();
  made->server_name = c.server_name;
  made->limits = c.limits;
  made->session_expiry_days = c.session_expiry_days;
  made->session_max_age_days = c.session_max_age_days;
  made->lock_tries = c.lock_tries;
  made->lock_seconds = c.lock_seconds;
  made->policy = c.policy;
  made->common_passwords = std::move(*common);
  made->disposable_domains = std::move(*domains);
  made->argon2 = c.argon2;
  made->rates = c.rates;
  return made;
}

remade_settings remake_settings(const config& c, const actors::settings& before) {
  auto made = std::make_shared<actors::settings>(before);
  remade_settings result;
  renew(made->common_passwords, item::commonpasswords, c.common_passwords, result.errors);
  renew(made->disposable_domains, item::disposabledomains, c.disposable_domains, result.errors);
  result.settings = std::move(made);
  return result;
}

}  // namespace authnz::daemon
