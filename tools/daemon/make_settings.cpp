#include "tools/daemon/make_settings.hpp"

namespace authnz::daemon {
namespace {

/// What the item's file holds, or what is built in.
template <class Rules>
tl::expected<std::shared_ptr<const Rules>, std::string> rules_of(item id,
                                                                 const std::optional<std::filesystem::path>& file) {
  if (!file) return std::make_shared<const Rules>(Rules::built_in());
  auto loaded = Rules::load(*file);
  if (!loaded) return tl::unexpected(std::string(row(id).name) + ": " + loaded.error());
  return std::make_shared<const Rules>(std::move(*loaded));
}

/// Replaces rules with their file's present content.
template <class Rules>
void renew(std::shared_ptr<const Rules>& rules, item id, const std::optional<std::filesystem::path>& file,
           std::vector<std::string>& errors) {
  if (!file) return;
  if (auto fresh = rules_of<Rules>(id, file)) {
    rules = std::move(*fresh);
  } else {
    errors.push_back(fresh.error());
  }
}

}  // namespace

tl::expected<actors::settings_ptr, std::string> make_settings(const config& c) {
  auto common = rules_of<actors::rules::password_list>(item::commonpasswords, c.common_passwords);
  if (!common) return tl::unexpected(common.error());
  auto domains = rules_of<actors::rules::domain_list>(item::disposabledomains, c.disposable_domains);
  if (!domains) return tl::unexpected(domains.error());
  auto permissions = rules_of<actors::rules::permissions>(item::permissions, c.permissions);
  if (!permissions) return tl::unexpected(permissions.error());
  auto templates = rules_of<actors::mail_templates>(item::emailtemplates, c.mail.templates);
  if (!templates) return tl::unexpected(templates.error());
  auto made = std::make_shared<actors::settings>();
  made->server_name = c.server_name;
  made->limits = c.limits;
  made->session_expiry_days = c.session_expiry_days;
  made->session_max_age_days = c.session_max_age_days;
  made->keep_audit = c.keep_audit;
  made->lock_tries = c.lock_tries;
  made->lock_seconds = c.lock_seconds;
  made->policy = c.policy;
  made->common_passwords = std::move(*common);
  made->disposable_domains = std::move(*domains);
  made->argon2 = c.argon2;
  made->rates = c.rates;
  made->permissions = std::move(*permissions);
  made->mail.route = c.mail.route;
  made->mail.sender = c.mail.sender;
  made->mail.override_by_request = c.mail.override_by_request;
  made->mail.html = c.mail.html;
  made->mail.first_retry = c.mail.first_retry;
  made->mail.templates = std::move(*templates);
  made->mail.keys = c.keys;
  return made;
}

remade_settings remake_settings(const config& c, const actors::settings& before, const proto::keyring_ptr& keys) {
  auto made = std::make_shared<actors::settings>(before);
  remade_settings result;
  renew(made->common_passwords, item::commonpasswords, c.common_passwords, result.errors);
  renew(made->disposable_domains, item::disposabledomains, c.disposable_domains, result.errors);
  renew(made->permissions, item::permissions, c.permissions, result.errors);
  renew(made->mail.templates, item::emailtemplates, c.mail.templates, result.errors);
  if (keys) made->mail.keys = keys;
  result.policy_read = made->permissions != before.permissions;
  result.settings = std::move(made);
  return result;
}

}  // namespace authnz::daemon
