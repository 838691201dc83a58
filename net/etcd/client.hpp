/// A client of etcd's v3 API, by its JSON gateway (etcd 3.4 and later).
///
/// Blocking; one thread at a time uses a client. Requests go to one member; when
/// it does not answer, to the next, and from then on to that one. Clients that
/// share a `member_health` learn that from each other, and those that share a
/// `shared_login` log in once.
///
/// Sources: etcd's "API reference" and "gRPC gateway" documents, rpc.proto 3.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/etcd/member_health.hpp"
#include "proto/secret.hpp"

namespace authnz::net::etcd {

class shared_login;

struct options {
  std::vector<std::string> endpoints;  ///< URLs, https://HOST:PORT or http://HOST:PORT; at least one
  std::string ca_file;                 ///< PEM; needed with https
  std::string certificate_file;        ///< PEM; with the key, or empty
  std::string key_file;
  std::string user;  ///< empty = etcd asks for none
  proto::secret password;
  std::chrono::milliseconds connect_time{500};
  std::chrono::milliseconds request_time{2000};  ///< of one attempt at one member, at most; a login may take longer
  std::shared_ptr<member_health> health = {};    ///< of these endpoints; null = each client finds out for itself
  std::shared_ptr<shared_login> login = {};      ///< of this user; null = each client logs in for itself
};

/// Why there is no answer.
struct failure {
  enum class kind : std::uint8_t {
    not_sent,   ///< no member could be reached: nothing took effect
    unknown,    ///< sent, but not answered, or answered in a way that leaves open whether it took effect
    refused,    ///< nothing took effect; `text` says why
    full,       ///< nothing took effect: etcd's space is used up (its alarm NOSPACE)
    compacted,  ///< the revision that was asked for is gone; `compacted` is the oldest that is left, if known
    too_large,  ///< nothing took effect: too many operations, or too many bytes
  };
  kind what{};
  std::string text;  ///< one line for an operator: which member, and what to do; never a password
  std::uint64_t compacted = 0;
};

template <class T>
using outcome = tl::expected<T, failure>;

struct key_value {
  std::string key;
  std::string value;
  std::uint64_t create_revision = 0;
  std::uint64_t mod_revision = 0;
  std::int64_t lease = 0;
};

struct range_options {
  std::string end = {};        ///< exclusive; empty = the one key
  std::uint32_t limit = 0;     ///< 0 = none
  std::uint64_t revision = 0;  ///< 0 = the newest
  bool keys_only = false;
  bool serializable = false;  ///< may be answered from the member's own, possibly old, state
};

struct range_answer {
  std::uint64_t revision = 0;  ///< of the whole etcd, when it answered
  std::vector<key_value> records;
  bool more = false;
  std::uint64_t count = 0;  ///< in the whole range
};

/// Holds if the key's last write was at `revision`; 0 = there is no such key.
struct compare {
  std::string key;
  std::uint64_t revision = 0;
};

struct transaction;

struct operation {
  enum class kind : std::uint8_t { put, erase, range, nested };
  kind what{};
  std::string key = {};
  std::string value = {};                   ///< of a put
  std::int64_t lease = 0;                   ///< of a put; 0 = none
  range_options range = {};                 ///< of a range; of an erase, `end` alone counts
  std::shared_ptr<transaction> inner = {};  ///< of a nested one

  static operation put(std::string key, std::string value, std::int64_t lease = 0);
  static operation erase(std::string key, std::string end = {});
  static operation get(std::string key, range_options options = {});
  static operation nested(transaction t);
};

struct transaction {
  std::vector<compare> compares;
  std::vector<operation> then;
  std::vector<operation> otherwise;
};

struct transaction_answer;
struct operation_answer {
  range_answer range = {};                               ///< of a range
  std::shared_ptr<const transaction_answer> inner = {};  ///< of a nested one
};
struct transaction_answer {
  std::uint64_t revision = 0;  ///< of the whole etcd after it; 0 within a nested one
  bool succeeded = false;
  std::vector<operation_answer> answers;  ///< of the branch that was taken, in order
};

struct member_status {
  std::string endpoint;
  std::string version;
  std::string name;  ///< empty if it does not say
  bool answers = false;
  std::string why;  ///< when it does not answer
  bool leads = false;
  bool has_leader = false;
  std::uint64_t revision = 0;
  std::uint64_t bytes = 0;  ///< of its database on disk
  std::uint64_t bytes_in_use = 0;
  std::vector<std::string> alarms;  ///< "NOSPACE", "CORRUPT"
  std::chrono::microseconds took{0};
};

class client {
 public:
  explicit client(options o);
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  outcome<range_answer> range(const std::string& key, const range_options& how = {});
  /// One attempt a member, each at most once: an outcome that is unknown is the
  /// caller's to find out about.
  outcome<transaction_answer> commit(const transaction& t);
  outcome<std::uint64_t> put(const std::string& key, const std::string& value, std::int64_t lease = 0);
  /// An id; `ttl` in whole seconds.
  outcome<std::int64_t> grant_lease(std::chrono::seconds ttl);
  /// The seconds it has from now; 0 = it has ended.
  outcome<std::chrono::seconds> keep_lease(std::int64_t id);
  outcome<void> revoke_lease(std::int64_t id);
  outcome<void> compact(std::uint64_t revision);
  /// Asks every endpoint; never fails.
  std::vector<member_status> status();

  /// Makes the call under way end with `not_sent` or `unknown` soon, and every
  /// later one at once. From any thread.
  void stop() noexcept;

 private:
  friend class watch;
  struct state;
  std::unique_ptr<state> state_;
};

struct event {
  std::string key;
  std::optional<std::string> value;  ///< nothing = erased
  std::uint64_t revision = 0;
};

/// Follows a range of keys from a revision on, at one member. When the stream
/// breaks it ends with a failure; begin another behind the last event.
class watch {
 public:
  /// Connects to the first member that answers, beginning with the one that
  /// serves; behind so many of those that come first, if `skipped` are given.
  watch(const options& o, std::string key, std::string end, std::uint64_t from_revision, std::size_t skipped = 0);
  ~watch();

  /// The next events, all of each revision that is among them, in order; empty
  /// when none came within `longest`. `compacted` when `from_revision` is gone.
  outcome<std::vector<event>> next(std::chrono::milliseconds longest);

  /// Whether other calls have found its member silent while another answers.
  bool is_left() const;

  void stop() noexcept;  ///< as client::stop

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Checks and splits `https://a:2379,https://b:2379`. The error is one line.
tl::expected<std::vector<std::string>, std::string> parse_endpoints(const std::string& text);

/// Whether what is sent to such an endpoint leaves the host in clear.
bool is_exposed(const std::string& endpoint);

}  // namespace authnz::net::etcd
