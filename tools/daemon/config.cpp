#include "tools/daemon/config.hpp"
#include "net/etcd/client.hpp"

#include "actors/mail_message.hpp"
#include "tools/daemon/cluster_values.hpp"
#include "tools/daemon/config_reader.hpp"
#include "tools/daemon/secret_file.hpp"

namespace authnz::daemon {
namespace {

tl::expected<std::vector<std::string>, std::string> host_list(std::string_view text) {
  auto hosts = split(text, ';');
  if (hosts.empty()) return tl::unexpected(std::string("names no host"));
  return hosts;
}

std::string user_or(const surroundings& around, std::string_view otherwise) {
  return around.user.empty() ? std::string(otherwise) : around.user;
}

void read_listening(config_reader& from, config& c) {
  c.allowed_hosts = from.parsed(item::allowedhosts, host_list);
  c.listen = from.parsed(item::listen, address);
  c.port = from.number<std::uint16_t>(item::port);
  auto certificate = from.path(item::tls_cert_file);
  auto key = from.path(item::tls_cert_key);
  if (certificate && !key) from.refuse(item::tls_cert_key, "must be set too when tls_cert_file is");
  if (key && !certificate) from.refuse(item::tls_cert_file, "must be set too when tls_cert_key is");
  if (certificate && key) c.tls = tls_files{std::move(*certificate), std::move(*key)};
}

void read_places(config_reader& from, config& c, const surroundings& around) {
  c.basedir = from.path(item::basedir).value_or(around.working_directory);
  if (!c.basedir.has_filename() && c.basedir.has_relative_path()) c.basedir = c.basedir.parent_path();
  c.shown[static_cast<std::size_t>(item::basedir)].text = c.basedir.string();
  from.set_basedir(c.basedir);
  c.store = from.parsed(item::authdb, store_directory);
}

/// Begins the reason why keys are refused.
std::string where(const sourced_secret& keys) {
  if (keys.file) return keys.file->string() + ": ";
  return "is neither the path of a file nor Fernet keys: ";
}

void read_secrets(config_reader& from, config& c, purpose what_for) {
  if (auto keys = from.secret(item::secret)) {
    auto ring = proto::keyring::parse(keys->value.reveal());
    if (!ring) from.refuse(item::secret, where(*keys) + ring.error());
    if (ring) c.keys = std::move(*ring);
    c.key_file = std::move(keys->file);
  } else if (what_for == purpose::serving) {
    from.refuse(item::secret, "is not set; set AUTHNZERVER_SECRET or AUTHNZERVER_SECRET_FILE, or use --autosetup");
  }
  if (auto salt = from.secret(item::piisalt)) {
    const auto text = salt->value.reveal();
    // A mistyped path must not become a salt that everybody can guess.
    if (!salt->file && (text.starts_with('/') || text.starts_with("[[")))
      from.refuse(item::piisalt, "looks like the path of a file, but there is no such file");
    if (text != "none") c.pii_salt = std::move(salt->value);
  } else if (what_for == purpose::serving) {
    from.refuse(item::piisalt, "is not set; set AUTHNZERVER_PIISALT or AUTHNZERVER_PIISALT_FILE, or use --autosetup");
  }
}

void read_requests(config_reader& from, config& c, const surroundings& around) {
  c.permissions = from.path(item::permissions);
  c.server_name = from.text(item::servername, std::string());
  if (c.server_name.empty() && !from.error()) {
    c.server_name = around.host_name();
    c.shown[static_cast<std::size_t>(item::servername)].text = c.server_name;
  }
  c.envelope_max_age = from.number<std::int64_t>(item::envelopemaxage);
  c.max_body = from.number<std::size_t>(item::maxbodysize);
  c.limits.text = from.number<std::size_t>(item::maxstring);
  c.limits.extra_info = from.number<std::size_t>(item::maxextrainfo);
}

void read_accounts(config_reader& from, config& c, const surroundings& around) {
  c.session_expiry_days = from.number<std::int32_t>(item::sessionexpiry);
  c.session_max_age_days = from.number<std::int32_t>(item::sessionmaxage);
  c.lock_tries = from.number<std::uint32_t>(item::userlocktries);
  c.lock_seconds = from.number<std::int64_t>(item::userlocktime);
  c.disposable_domains = from.path(item::disposabledomains);
  c.policy = from.parsed(item::passpolicy, actors::rules::parse_password_policy);
  c.breach_source = from.parsed(item::pwnedpasswords, breach_source);
  c.common_passwords = from.path(item::commonpasswords);
  c.argon2 = from.parsed(item::argon2, actors::parse_argon2);
  c.hashers = from.number<std::uint32_t>(item::hashers, std::to_string(around.cores));
  c.hash_queue_seconds = from.number<std::uint32_t>(item::hashqueueseconds);
  c.rates = from.parsed(item::ratelimits, actors::parse_rate_limits);
  c.rates.keys = from.number<std::size_t>(item::ratelimitkeys);
}

tl::expected<std::string, std::string> sender(const std::string& text) {
  if (!actors::mail_address_of(text)) return tl::unexpected(std::string("is no address; e.g. Name <name@example.org>"));
  return text;
}

void read_mail(config_reader& from, config& c, const surroundings& around) {
  auto& route = c.mail.route;
  route.server = from.text(item::emailserver);
  route.port = from.number<std::uint16_t>(item::emailport);
  route.user = from.text(item::emailuser, around.user);
  if (auto password = from.secret(item::emailpass)) route.password = std::move(password->value);
  c.mail.sender = from.parsed(item::emailsender, sender);
  route.security = from.one_of<actors::mail_security>(item::emailtls);
  route.verify_certificate = from.on(item::emailtlsverify);
  route.authorities = from.path(item::emailcafile);
  c.mail.override_by_request = from.on(item::emailoverride);
  c.mail.templates = from.path(item::emailtemplates);
  c.mail.html = from.on(item::emailhtml);
  c.mail.first_retry = std::chrono::seconds(from.number<std::uint32_t>(item::emailretry));
}

void read_admin_link(config_reader& from, config& c, const surroundings& around) {
  c.admin_link.port = from.number<std::uint16_t>(item::adminport);
  c.admin_link.listen = from.parsed(item::adminlisten, address);
  c.admin_link.certificates = (around.working_directory / from.text(item::admincerts)).lexically_normal();
}

void read_metrics(config_reader& from, config& c) {
  c.metrics.port = from.number<std::uint16_t>(item::metricsport);
  c.metrics.listen = from.parsed(item::metricslisten, address);
  c.metrics.allowed_hosts = from.parsed(item::metricsallowedhosts, host_list);
}

tl::expected<std::string, std::string> node_name_if_given(const std::string& text) {
  return text.empty() ? text : cluster_node_name(text);
}

/// The host's name up to the first dot.
std::string preset_node_name(config_reader& from, config& c, const surroundings& around) {
  const auto full = around.host_name();
  const auto name = cluster_node_name(full.substr(0, full.find('.')));
  if (!name) from.refuse(item::clusternode, "is not set, and the name of this host, " + full + ", cannot be used");
  return c.shown[static_cast<std::size_t>(item::clusternode)].text = name.value_or(std::string());
}

/// What is between the node and etcd tells of every session: nobody else may read it.
void refuse_open_links(config_reader& from, const cluster_items& wanted) {
  for (const auto& url : wanted.endpoints) {
    if (url.starts_with("https:") && !wanted.authorities)
      return from.refuse(item::clustercafile, "must be set too when cluster names https");
    if (net::etcd::is_exposed(url))
      return from.refuse(item::cluster, url + " is neither https nor an address of this host");
  }
}

void read_cluster(config_reader& from, config& c, const surroundings& around) {
  cluster_items wanted;
  wanted.endpoints = from.parsed(item::cluster, cluster_endpoints);
  wanted.node = from.parsed(item::clusternode, node_name_if_given);
  wanted.prefix = from.parsed(item::clusterprefix, cluster_prefix);
  wanted.authorities = from.path(item::clustercafile);
  auto certificate = from.path(item::clustercert);
  auto key = from.path(item::clusterkey);
  if (certificate && !key) from.refuse(item::clusterkey, "must be set too when clustercert is");
  if (key && !certificate) from.refuse(item::clustercert, "must be set too when clusterkey is");
  if (certificate && key) wanted.shown = tls_files{std::move(*certificate), std::move(*key)};
  wanted.user = from.text(item::clusteruser);
  auto password = from.secret(item::clusterpass);
  if (!wanted.user.empty() && !password) from.refuse(item::clusterpass, "must be set too when clusteruser is");
  if (wanted.user.empty() && password) from.refuse(item::clusteruser, "must be set too when clusterpass is");
  if (password) wanted.password = std::move(password->value);
  wanted.reads = from.one_of<net::cluster::consistency>(item::readconsistency);
  wanted.bound = std::chrono::milliseconds(from.number<std::int64_t>(item::readbound));
  wanted.lease = std::chrono::seconds(from.number<std::int64_t>(item::clusterlease));
  wanted.history = std::chrono::hours(from.number<std::int64_t>(item::clusterhistory));
  wanted.links.port = from.number<std::uint16_t>(item::clusterport);
  wanted.links.listen = from.parsed(item::clusterlisten, address);
  wanted.links.address = from.parsed(item::clusteraddress, cluster_address);
  wanted.links.certificates = (around.working_directory / from.text(item::clustercerts)).lexically_normal();
  wanted.shares_hashing = from.on(item::hashingbypeers);
  if (wanted.endpoints.empty() || from.error()) return;
  if (wanted.node.empty()) wanted.node = preset_node_name(from, c, around);
  refuse_open_links(from, wanted);
  c.cluster = std::move(wanted);
}

void read_rest(config_reader& from, config& c) {
  c.log_format = from.one_of<log_form>(item::logformat);
  c.debug = from.on(item::debugmode);
  c.audit_log = from.path(item::auditlog);
  c.audit_pii = from.on(item::auditpii);
  c.keep_audit.days = from.number<std::int32_t>(item::auditdays);
  c.keep_audit.records = from.number<std::uint64_t>(item::auditrecords);
  c.io_threads = from.number<std::uint32_t>(item::iothreads);
  c.scheduler_threads = from.number<std::uint32_t>(item::schedulerthreads);
  c.shards = from.number<std::uint32_t>(item::shards);
  c.max_in_flight = from.number<std::uint32_t>(item::maxinflight);
  c.max_connections = from.number<std::uint32_t>(item::maxconnections);
  if (!from.text(item::workers).empty()) c.warnings.emplace_back("workers has no effect; see iothreads and shards");
}

std::optional<std::string> read_admin(const sources& from, config& c, const surroundings& around) {
  c.admin.email = from.variable(admin_email_variable).value_or(user_or(around, "admin") + "@localhost");
  auto password = from.find_secret_variable(admin_password_variable);
  if (!password) return password.error();
  if (!*password) return std::nullopt;
  if ((*password)->is_path) {
    const placeholders places{c.basedir, around.home_directory};
    c.admin.password_file = around.working_directory / places.expand((*password)->text);
  } else {
    c.admin.password = proto::secret((*password)->text);
  }
  return std::nullopt;
}

}  // namespace

tl::expected<config, start_error> load_config(const command_line& line, const surroundings& around, purpose what_for) {
  const auto from = sources::open(line, around);
  if (!from) return tl::unexpected(from.error());
  config c;
  config_reader reader(*from, around, c, what_for);
  read_places(reader, c, around);
  read_listening(reader, c);
  read_secrets(reader, c, what_for);
  read_requests(reader, c, around);
  read_accounts(reader, c, around);
  read_mail(reader, c, around);
  read_admin_link(reader, c, around);
  read_metrics(reader, c);
  read_cluster(reader, c, around);
  read_rest(reader, c);
  auto error = reader.error();
  if (!error) error = read_admin(*from, c, around);
  if (error) return tl::unexpected(start_error{exit_start_error, *error});
  for (const auto& name : from->unknown_variables()) c.warnings.push_back(name + " is no variable of this program");
  return c;
}

tl::expected<proto::keyring_ptr, std::string> reread_keys(const config& c) {
  if (!c.key_file) return c.keys;
  const auto content = read_secret_file(*c.key_file);
  if (!content) return tl::unexpected("secret: " + content.error());
  auto ring = proto::keyring::parse(content->reveal());
  if (!ring) return tl::unexpected("secret: " + c.key_file->string() + ": " + ring.error());
  return std::move(*ring);
}

tl::expected<std::optional<proto::secret>, std::string> admin_password(const config& c) {
  if (!c.admin.password_file) return c.admin.password;
  auto content = read_secret_file(*c.admin.password_file);
  if (!content) return tl::unexpected(std::string(admin_password_variable) + "_FILE: " + content.error());
  return std::optional<proto::secret>(std::move(*content));
}

}  // namespace authnz::daemon
