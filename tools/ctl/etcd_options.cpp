#include "tools/ctl/etcd_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace authnz::ctl {

std::shared_ptr<etcd_options> add_etcd_options(CLI::App& command) {
  auto o = std::make_shared<etcd_options>();
  const auto add = [&](const char* name, std::string& value, const char* help, const char* variable) {
    auto* option = command.add_option(name, value, help)->group("etcd");
    if (variable != nullptr) option->envname(variable);
    return option;
  };
  add("--etcd", o->endpoints, "URLs of etcd's members, https://HOST:2379,https://HOST:2379", nullptr);
  add("--prefix", o->prefix, "What the cluster's keys begin with", "AUTHNZERVER_CLUSTERPREFIX")->capture_default_str();
  add("--etcd-ca-file", o->ca_file, "PEM file of the authorities to trust, with https", "AUTHNZERVER_CLUSTERCAFILE");
  add("--etcd-cert", o->certificate_file, "PEM file of the certificate to show", "AUTHNZERVER_CLUSTERCERT");
  add("--etcd-key", o->key_file, "PEM file of its private key", "AUTHNZERVER_CLUSTERKEY");
  add("--etcd-user", o->user, "Name to log in with; the password is in AUTHNZERVER_CLUSTERPASS",
      "AUTHNZERVER_CLUSTERUSER");
  return o;
}

tl::expected<net::etcd::options, std::string> read_etcd_options(const etcd_options& o) {
  constexpr std::string_view as_configured = "etcd=";
  auto endpoints = net::etcd::parse_endpoints(
      o.endpoints.starts_with(as_configured) ? o.endpoints.substr(as_configured.size()) : o.endpoints);
  if (!endpoints) return tl::make_unexpected("--etcd: " + endpoints.error());
  for (const auto& one : *endpoints)
    if (net::etcd::is_exposed(one))
      return tl::make_unexpected("--etcd: " + one + " is neither https nor an address of this host");
  if (endpoints->front().starts_with("https:") && o.ca_file.empty())
    return tl::make_unexpected<std::string>("--etcd-ca-file is needed with https");
  if (o.certificate_file.empty() != o.key_file.empty())
    return tl::make_unexpected<std::string>("--etcd-cert and --etcd-key go together");
  net::etcd::options out;
  out.endpoints = std::move(*endpoints);
  out.ca_file = o.ca_file;
  out.certificate_file = o.certificate_file;
  out.key_file = o.key_file;
  out.user = o.user;
  const char* const password = std::getenv("AUTHNZERVER_CLUSTERPASS");  // NOLINT(concurrency-mt-unsafe)
  if (password != nullptr) out.password = proto::secret(password);
  return out;
}

}  // namespace authnz::ctl
