/// The server's configuration, read and checked (contract, section 10).
///
/// Precedence: environment (or --envfile), command line, default. The first
/// thing that is wrong is the error; it names item and reason, and never holds
/// the value of a secret.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/mail.hpp"
#include "actors/password_hash.hpp"
#include "actors/rate_limits.hpp"
#include "actors/rules/password_policy.hpp"
#include "actors/sweep.hpp"
#include "net/cluster/options.hpp"
#include "proto/call.hpp"
#include "proto/keyring.hpp"
#include "proto/secret.hpp"
#include "tools/daemon/command_line.hpp"
#include "tools/daemon/config_items.hpp"
#include "tools/daemon/surroundings.hpp"

namespace authnz::daemon {

enum class log_form : std::uint8_t { text, json };

struct tls_files {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// A secret, and the file it came from if it did.
struct sourced_secret {
  proto::secret value;
  std::optional<std::filesystem::path> file;
};

struct mail_items {
  actors::mail_route route;
  std::string sender;
  bool override_by_request = false;
  bool html = false;
  std::chrono::seconds first_retry{60};
  std::optional<std::filesystem::path> templates;  ///< directory; nothing = built in
};

/// Where authnzctl asks.
struct admin_link_items {
  std::uint16_t port = 0;  ///< 0 = nowhere
  std::string listen;      ///< an address, without brackets
  std::filesystem::path certificates;
};

/// Where Prometheus asks.
struct metrics_items {
  std::uint16_t port = 0;  ///< 0 = nowhere
  std::string listen;      ///< an address, without brackets
  std::vector<std::string> allowed_hosts;
};

/// The links to the other nodes.
struct cluster_link_items {
  std::uint16_t port = 0;  ///< 0 = none
  std::string listen;
  std::string address;  ///< HOST:PORT; empty = as it listens
  std::filesystem::path certificates;
};

/// Which cluster this node belongs to.
struct cluster_items {
  std::vector<std::string> endpoints;  ///< URLs of etcd, at least one
  std::string node;
  std::string prefix;
  std::optional<std::filesystem::path> authorities;
  std::optional<tls_files> shown;  ///< to etcd
  std::string user;                ///< empty = no login
  proto::secret password;
  net::cluster::consistency reads = net::cluster::consistency::bounded;
  std::chrono::milliseconds bound{1000};
  std::chrono::seconds lease{5};
  std::chrono::hours history{1};
  cluster_link_items links;
  bool shares_hashing = true;  ///< where there are links
};

/// Who is seeded as user 1. The password is read with `admin_password`, when
/// it is needed.
struct seed_admin {
  std::string email;
  std::optional<proto::secret> password;
  std::optional<std::filesystem::path> password_file;
};

/// An item for people: its value (of a secret: its file, if any), and the
/// name under which it was given (empty = default).
struct shown_item {
  std::string text;
  std::string given_as;
  bool secret_is_set = false;
};

struct config {
  std::vector<std::string> allowed_hosts;
  std::string listen;  ///< an address, without brackets
  std::uint16_t port = 0;
  std::optional<tls_files> tls;
  std::filesystem::path basedir;                  ///< absolute
  std::filesystem::path store;                    ///< directory of the store, absolute
  proto::keyring_ptr keys;                        ///< null only while --autosetup makes them
  std::optional<std::filesystem::path> key_file;  ///< where the keys came from, if from a file
  std::optional<proto::secret> pii_salt;          ///< nothing = personal data in clear
  std::optional<std::filesystem::path> permissions;
  std::string server_name;
  std::int64_t envelope_max_age = 60;  ///< seconds; 0 = off
  std::size_t max_body = 1048576;      ///< bytes
  proto::item_limits limits;
  std::int32_t session_expiry_days = 30;
  std::int32_t session_max_age_days = 0;  ///< 0 = none
  std::uint32_t lock_tries = 10;
  std::int64_t lock_seconds = 3600;
  actors::rules::password_policy policy;
  std::string breach_source;  ///< `off`, a URL, or a directory
  std::optional<std::filesystem::path> common_passwords;
  std::optional<std::filesystem::path> disposable_domains;
  actors::argon2_params argon2;
  std::uint32_t hashers = 1;
  std::uint32_t hash_queue_seconds = 5;
  actors::rate_limits rates;
  mail_items mail;
  log_form log_format = log_form::text;
  bool debug = false;
  std::optional<std::filesystem::path> audit_log;  ///< nothing = the ordinary log
  bool audit_pii = false;                          ///< the audit trail holds personal data in clear
  actors::audit_retention keep_audit;
  admin_link_items admin_link;
  metrics_items metrics;
  std::optional<cluster_items> cluster;  ///< nothing = a single node
  std::uint32_t io_threads = 1;
  std::uint32_t scheduler_threads = 1;
  std::uint32_t shards = 1;
  std::uint32_t max_in_flight = 4096;
  std::uint32_t max_connections = 10000;
  seed_admin admin;
  std::vector<std::string> warnings;  ///< one line each, for the log
  std::array<shown_item, item_count> shown;
};

/// What a configuration is read for.
enum class purpose : std::uint8_t {
  serving,
  setting_up,  ///< --autosetup makes what is missing: `secret`, `piisalt` and basedir need not be there
};

tl::expected<config, start_error> load_config(const command_line& line, const surroundings& around,
                                              purpose what_for = purpose::serving);

/// The keys as their file holds them now; those that hold already when they came
/// from no file. For a reload. The error names item and reason.
tl::expected<proto::keyring_ptr, std::string> reread_keys(const config& c);

/// The admin's password for a store that is to be seeded; nothing = make one.
tl::expected<std::optional<proto::secret>, std::string> admin_password(const config& c);

}  // namespace authnz::daemon
