/// THE table of configuration items: one constexpr row an item. Sources,
/// checks of single values, `--help`, `--print-config`, the `.env` of
/// `--autosetup` and docs/configuration.md derive from it.
/// Source: contract, section 10.2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace authnz::daemon {

enum class item : std::uint8_t {
  allowedhosts,
  listen,
  port,
  tls_cert_file,
  tls_cert_key,
  basedir,
  authdb,
  secret,
  piisalt,
  permissions,
  servername,
  envelopemaxage,
  maxbodysize,
  maxstring,
  maxextrainfo,
  sessionexpiry,
  sessionmaxage,
  userlocktries,
  userlocktime,
  disposabledomains,
  passpolicy,
  pwnedpasswords,
  commonpasswords,
  argon2,
  hashers,
  hashqueueseconds,
  ratelimits,
  ratelimitkeys,
  emailserver,
  emailport,
  emailuser,
  emailpass,
  emailsender,
  emailtls,
  emailtlsverify,
  emailcafile,
  emailoverride,
  emailtemplates,
  emailhtml,
  emailretry,
  logformat,
  debugmode,
  auditlog,
  auditpii,
  auditdays,
  auditrecords,
  adminport,
  adminlisten,
  admincerts,
  metricsport,
  metricslisten,
  metricsallowedhosts,
  cluster,
  clusternode,
  clusterprefix,
  clustercafile,
  clustercert,
  clusterkey,
  clusteruser,
  clusterpass,
  readconsistency,
  readbound,
  clusterlease,
  clusterhistory,
  clusterport,
  clusterlisten,
  clusteraddress,
  clustercerts,
  hashingbypeers,
  iothreads,
  schedulerthreads,
  shards,
  maxinflight,
  maxconnections,
  workers,
  count_
};
inline constexpr std::size_t item_count = static_cast<std::size_t>(item::count_);

enum class value_kind : std::uint8_t {
  text,
  number,          ///< whole, from `min` to `max`
  flag,            ///< 0 or 1
  choice,          ///< one of `choices`
  file,            ///< an existing file
  new_file,        ///< a file that may have to be made
  directory,       ///< an existing directory
  secret,          ///< the value itself
  secret_or_path,  ///< the value itself, or a file that holds it
};

enum class group : std::uint8_t {
  listening,
  storage,
  secrets,
  requests,
  accounts,
  passwords,
  limits,
  mail,
  logs,
  admin,
  cluster,
  load
};

struct item_row {
  item id{};
  std::string_view name;
  group in{};
  value_kind kind{};
  std::string_view preset;             ///< value when nothing sets the item; empty if there is none or it is computed
  std::string_view help;               ///< one sentence
  std::string_view preset_words = {};  ///< for people, in place of `preset`
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view choices = {};                   ///< separated by blanks
  std::array<std::string_view, 2> variables = {};  ///< if not AUTHNZERVER_ + NAME; the first goes first
  std::array<std::string_view, 2> options = {};    ///< if not the name; the first goes first

  constexpr bool is_secret() const { return kind == value_kind::secret || kind == value_kind::secret_or_path; }
};

inline constexpr std::int64_t two_gib = std::int64_t{1} << 31;
inline constexpr std::int64_t longest_days = 3'650'000;  // within the years 1-9999
inline constexpr std::int64_t longest_seconds = std::int64_t{longest_days} * 86'400;

constexpr item_row number(item id, std::string_view name, group in, std::string_view preset, std::string_view help,
                          std::int64_t min, std::int64_t max) {
  item_row r{id, name, in, value_kind::number, preset, help};
  r.min = min;
  r.max = max;
  return r;
}
constexpr item_row choice_of(item id, std::string_view name, group in, std::string_view preset, std::string_view help,
                             std::string_view choices) {
  item_row r{id, name, in, value_kind::choice, preset, help};
  r.choices = choices;
  return r;
}

inline constexpr auto item_table = std::to_array<item_row>({
    {item::allowedhosts, "allowedhosts", group::listening, value_kind::text, "localhost;127.0.0.1",
     "Host names that requests may be addressed to, separated by semicolons."},
    {item::listen, "listen", group::listening, value_kind::text, "127.0.0.1", "IPv4 or IPv6 address to listen on."},
    {.id = item::port,
     .name = "port",
     .in = group::listening,
     .kind = value_kind::number,
     .preset = "13431",
     .help = "TCP port to listen on.",
     .min = 1,
     .max = 65535,
     .variables = {"PORT", "AUTHNZERVER_PORT"}},
    {.id = item::tls_cert_file,
     .name = "tls_cert_file",
     .in = group::listening,
     .kind = value_kind::file,
     .preset = "",
     .help = "PEM file of the certificate and its chain; with it the server speaks TLS.",
     .variables = {"AUTHNZERVER_TLSCERTFILE"},
     .options = {"tlscertfile"}},
    {.id = item::tls_cert_key,
     .name = "tls_cert_key",
     .in = group::listening,
     .kind = value_kind::file,
     .preset = "",
     .help = "PEM file of the certificate's private key; both or neither.",
     .variables = {"AUTHNZERVER_TLSCERTKEY"},
     .options = {"tlscertkey"}},
    {item::basedir, "basedir", group::storage, value_kind::directory, "", "Directory of the server's own files.",
     "the working directory"},
    {item::authdb, "authdb", group::storage, value_kind::text, "lmdb://[[basedir]]/authnzerver.lmdb",
     "Store, lmdb:///ABSOLUTE/PATH of a directory; it is made with mode 0700."},
    {.id = item::secret,
     .name = "secret",
     .in = group::secrets,
     .kind = value_kind::secret_or_path,
     .preset = "",
     .help = "Fernet keys shared with the frontends, separated by commas, or the path of a file of them.",
     .preset_words = "none, required",
     .variables = {"AUTHNZERVER_SECRET", "AUTHNZERVER_SECRETKEY"},
     .options = {"secret", "secretfile"}},
    {item::piisalt, "piisalt", group::secrets, value_kind::secret_or_path, "",
     "Key of the digests that stand for personal data in the log, or the path of a file that holds it; none = in "
     "clear.",
     "none, required"},
    {item::permissions, "permissions", group::requests, value_kind::file, "",
     "JSON file of roles, what they may do, and their limits.", "built in"},
    {item::servername, "servername", group::requests, value_kind::text, "",
     "Name of the service, for the password policy and as the default issuer.", "the host's full name"},
    number(item::envelopemaxage, "envelopemaxage", group::requests, "60",
           "Seconds after which a request is too old; 0 = requests of any age, and repeated ones.", 0, 3600),
    number(item::maxbodysize, "maxbodysize", group::requests, "1048576", "Longest request, bytes.", 1, two_gib),
    number(item::maxstring, "maxstring", group::requests, "4096", "Longest text in a request, bytes.", 1, two_gib),
    number(item::maxextrainfo, "maxextrainfo", group::requests, "65536",
           "Longest object, list or user agent in a request, bytes.", 1, two_gib),
    number(item::sessionexpiry, "sessionexpiry", group::accounts, "30", "Days that expired sessions are kept.", 0,
           longest_days),
    number(item::sessionmaxage, "sessionmaxage", group::accounts, "0",
           "Days that a session may last at most; 0 = any number.", 0, longest_days),
    number(item::userlocktries, "userlocktries", group::accounts, "10", "Failed password checks that lock an account.",
           1, 1'000'000),
    number(item::userlocktime, "userlocktime", group::accounts, "3600", "Seconds that such a lock lasts.", 1,
           longest_seconds),
    {item::disposabledomains, "disposabledomains", group::accounts, value_kind::file, "",
     "File of e-mail domains that cannot sign up, one a line.", "built in"},
    {item::passpolicy, "passpolicy", group::passwords, value_kind::text,
     "min_pass_length:12; max_unsafe_similarity:50; max_char_frequency:0.3; min_pwned_matches:25",
     "Password policy, name:value pairs separated by semicolons; missing names keep their default."},
    {item::pwnedpasswords, "pwnedpasswords", group::passwords, value_kind::text,
     "https://api.pwnedpasswords.com/range/",
     "Breached passwords: off, the base URL of a range service, or a directory of range files."},
    {item::commonpasswords, "commonpasswords", group::passwords, value_kind::file, "",
     "File of common passwords, one a line.", "built in"},
    {item::argon2, "argon2", group::passwords, value_kind::text, "m=65536,t=3,p=1",
     "Cost of new password hashes: memory in KiB, passes, lanes."},
    {.id = item::hashers,
     .name = "hashers",
     .in = group::passwords,
     .kind = value_kind::number,
     .preset = "",
     .help = "Hash computations at once.",
     .preset_words = "number of cores",
     .min = 1,
     .max = 1024},
    number(item::hashqueueseconds, "hashqueueseconds", group::passwords, "5",
           "Seconds that a hash computation may wait; beyond, requests are refused (503).", 1, 3600),
    {item::ratelimits, "ratelimits", group::limits, value_kind::text, "",
     "Requests a minute, key:number pairs separated by semicolons, merged over the defaults; none = no limits.",
     "ipaddr:720; user:480; session:600; apikey:720; internal:3000; burst:150"},
    number(item::ratelimitkeys, "ratelimitkeys", group::limits, "1000000", "Callers that are told apart at most.", 1,
           1'000'000'000),
    {item::emailserver, "emailserver", group::mail, value_kind::text, "localhost", "Mail server."},
    number(item::emailport, "emailport", group::mail, "25", "The mail server's port.", 1, 65535),
    {item::emailuser, "emailuser", group::mail, value_kind::text, "", "Name to log in to the mail server with.",
     "the user who runs the server"},
    {item::emailpass, "emailpass", group::mail, value_kind::secret, "",
     "Password to log in to the mail server with; empty = no login.", "empty"},
    {item::emailsender, "emailsender", group::mail, value_kind::text, "Authnzerver <authnzerver@localhost>",
     "Sender of messages."},
    choice_of(item::emailtls, "emailtls", group::mail, "starttls",
              "How the connection to the mail server is secured: starttls is required, tls is from the first byte.",
              "starttls tls none"),
    {item::emailtlsverify, "emailtlsverify", group::mail, value_kind::flag, "1",
     "0 = accept any certificate of the mail server."},
    {item::emailcafile, "emailcafile", group::mail, value_kind::file, "",
     "PEM file of the authorities that are trusted with the mail server's certificate.", "the system's"},
    {item::emailoverride, "emailoverride", group::mail, value_kind::flag, "0",
     "1 = mail settings in a request's body are honoured."},
    {item::emailtemplates, "emailtemplates", group::mail, value_kind::directory, "",
     "Directory of the messages' texts; authnzctl mail-templates writes the built-in ones into one.", "built in"},
    {item::emailhtml, "emailhtml", group::mail, value_kind::flag, "0",
     "1 = messages have an HTML part beside the plain text."},
    number(item::emailretry, "emailretry", group::mail, "60",
           "Seconds until a message is tried again for the first time; the delay doubles with every further attempt.",
           1, 3600),
    choice_of(item::logformat, "logformat", group::logs, "text", "Form of the log's lines.", "text json"),
    {item::debugmode, "debugmode", group::logs, value_kind::flag, "0",
     "1 = more in the log, but never secrets or bodies."},
    {item::auditlog, "auditlog", group::logs, value_kind::new_file, "",
     "File of the audit's lines; it is made with mode 0600.", "the ordinary log"},
    {item::auditpii, "auditpii", group::logs, value_kind::flag, "0",
     "1 = the audit trail in the store holds personal data in clear, in place of digests."},
    number(item::auditdays, "auditdays", group::logs, "400",
           "Days that records of the audit trail are kept; 0 = for ever.", 0, longest_days),
    number(item::auditrecords, "auditrecords", group::logs, "10000000",
           "Records of the audit trail that are kept at most; 0 = any number.", 0, 1'000'000'000'000),
    number(item::adminport, "adminport", group::admin, "0",
           "TCP port of the link that authnzctl asks through, by mutual TLS; 0 = none.", 0, 65535),
    {item::adminlisten, "adminlisten", group::admin, value_kind::text, "127.0.0.1",
     "IPv4 or IPv6 address that the link listens on."},
    {item::admincerts, "admincerts", group::admin, value_kind::text, "[[basedir]]/certs",
     "Directory of the link's certificates, as authnzctl certs init makes it; needed with adminport."},
    number(item::metricsport, "metricsport", group::admin, "0",
           "TCP port of /metrics for Prometheus, and of /health/live and /health/ready; 0 = none.", 0, 65535),
    {item::metricslisten, "metricslisten", group::admin, value_kind::text, "127.0.0.1",
     "IPv4 or IPv6 address that the metrics listen on."},
    {item::metricsallowedhosts, "metricsallowedhosts", group::admin, value_kind::text, "localhost;127.0.0.1",
     "Host names that the metrics may be asked by, separated by semicolons."},
    {item::cluster, "cluster", group::cluster, value_kind::text, "",
     "The engine of the cluster that this node belongs to, etcd=https://HOST:2379,https://HOST:2379; empty = a single "
     "node.",
     "none, a single node"},
    {item::clusternode, "clusternode", group::cluster, value_kind::text, "",
     "This node's name in the cluster, of 1 to 64 letters, digits, '-', '_' and '.'; no other node may have it.",
     "the host's short name"},
    {item::clusterprefix, "clusterprefix", group::cluster, value_kind::text, "authnz",
     "What the cluster's keys in etcd begin with; several clusters may share an etcd."},
    {item::clustercafile, "clustercafile", group::cluster, value_kind::file, "",
     "PEM file of the authorities that are trusted with the certificates of etcd; needed with https."},
    {item::clustercert, "clustercert", group::cluster, value_kind::file, "",
     "PEM file of the certificate that is shown to etcd.", "none is shown"},
    {item::clusterkey, "clusterkey", group::cluster, value_kind::file, "",
     "PEM file of that certificate's private key; both or neither."},
    {item::clusteruser, "clusteruser", group::cluster, value_kind::text, "", "Name to log in to etcd with.",
     "none, no login"},
    {item::clusterpass, "clusterpass", group::cluster, value_kind::secret, "", "Password to log in to etcd with."},
    choice_of(item::readconsistency, "readconsistency", group::cluster, "bounded",
              "How recent the state is that a node decides on: bounded is at most readbound old, strict is newer than "
              "the request.",
              "bounded strict"),
    number(item::readbound, "readbound", group::cluster, "1000",
           "Milliseconds that the state may be old; a node that cannot show that its own is not refuses requests "
           "(503).",
           300, 60'000),
    number(item::clusterlease, "clusterlease", group::cluster, "5",
           "Seconds after the death of a node until others take over its duties.", 2, 300),
    number(item::clusterhistory, "clusterhistory", group::cluster, "1",
           "Hours that etcd keeps what was changed, for nodes that were away; 0 = etcd's own compaction alone.", 0,
           8'760),
    number(item::clusterport, "clusterport", group::cluster, "0",
           "TCP port of the links between the nodes of the cluster, by mutual TLS; 0 = none.", 0, 65535),
    {item::clusterlisten, "clusterlisten", group::cluster, value_kind::text, "127.0.0.1",
     "IPv4 or IPv6 address that these links are listened for on."},
    {item::clusteraddress, "clusteraddress", group::cluster, value_kind::text, "",
     "HOST:PORT that the other nodes reach this one by.", "clusterlisten and clusterport"},
    {item::clustercerts, "clustercerts", group::cluster, value_kind::text, "[[basedir]]/cluster-certs",
     "Directory of these links' certificates, as authnzctl certs init --cluster makes it; needed with clusterport."},
    {item::hashingbypeers, "hashingbypeers", group::cluster, value_kind::flag, "1",
     "Passwords that would have to wait are computed by nodes that have none, over these links."},
    number(item::iothreads, "iothreads", group::load, "1", "Threads for connections.", 1, 256),
    number(item::schedulerthreads, "schedulerthreads", group::load, "1", "Threads for decisions.", 1, 256),
    number(item::shards, "shards", group::load, "1", "Actors of a kind, among which requests are divided.", 1, 256),
    number(item::maxinflight, "maxinflight", group::load, "4096",
           "Requests in hand at once; beyond, they are refused (503).", 1, 1'000'000),
    number(item::maxconnections, "maxconnections", group::load, "10000", "Connections at once.", 1, 1'000'000),
    {item::workers, "workers", group::load, value_kind::text, "",
     "Accepted for the sake of older configurations, without effect.", "no effect"},
});

constexpr bool item_table_is_in_order() {
  for (std::size_t i = 0; i < item_table.size(); ++i)
    if (static_cast<std::size_t>(item_table[i].id) != i) return false;
  return item_table.size() == item_count;
}
static_assert(item_table_is_in_order(), "item_table needs one row an item, in the enum's order");

constexpr const item_row& row(item id) { return item_table[static_cast<std::size_t>(id)]; }

constexpr std::string_view title(group g) {
  switch (g) {
    case group::listening: return "Listening";
    case group::storage: return "Files and store";
    case group::secrets: return "Keys";
    case group::requests: return "Requests";
    case group::accounts: return "Sessions and accounts";
    case group::passwords: return "Passwords";
    case group::limits: return "Rate limits";
    case group::mail: return "E-mail";
    case group::logs: return "Log and audit";
    case group::admin: return "Administration";
    case group::cluster: return "Cluster";
    case group::load: return "Load";
  }
  return "";
}

/// Environment variables read in order of precedence.
std::vector<std::string> variables(const item_row& r);
/// Options without their dashes, in order of precedence.
std::vector<std::string> options(const item_row& r);
/// The variable that is written for an item: in capitals, with our prefix.
std::string own_variable(const item_row& r);

/// The two that are read from the environment only, when a store is seeded.
inline constexpr std::string_view admin_email_variable = "AUTHNZERVER_ADMIN_EMAIL";
inline constexpr std::string_view admin_password_variable = "AUTHNZERVER_ADMIN_PASSWORD";

}  // namespace authnz::daemon
