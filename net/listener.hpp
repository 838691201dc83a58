/// The HTTP listener: takes sealed requests, hands them to the actors, and
/// sends the sealed answers back (contract, sections 1, 2 and 11.4).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "actors/ingress.hpp"
#include "proto/call.hpp"
#include "proto/keyring.hpp"

namespace authnz::proto {
class replay_memory;
}

namespace authnz::net {

/// What is worth a line in the log. The text that comes along is for the
/// operator and holds no personal data.
enum class listener_event : std::uint8_t {
  replay_refused,  ///< a token came again
  tls_handshake_failed,
  accept_failed,        ///< no more file descriptors, mostly
  connections_refused,  ///< max_connections is reached
  keys_refused,         ///< new keys cannot be used; the old ones stay
};

struct listener_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 13431;  ///< 0 = any that is free
  unsigned io_threads = 1;
  std::vector<std::string> allowed_hosts{"localhost", "127.0.0.1"};

  std::size_t max_body = 1'048'576;    ///< bytes
  std::size_t max_header = 16 * 1024;  ///< bytes
  std::size_t max_pipelined = 16;      ///< requests of a connection that wait for their answers
  std::size_t max_connections = 10'000;

  /// Judged about once a second, so they end up to a second late.
  std::chrono::milliseconds header_timeout{10'000};  ///< a head from its first byte; a TLS handshake
  std::chrono::milliseconds body_timeout{30'000};    ///< a body from the head's end; the sending of answers
  std::chrono::milliseconds idle_timeout{600'000};   ///< between requests
  /// For how long a drain lets idle connections bring one more request.
  std::chrono::milliseconds last_call{500};

  std::chrono::seconds envelope_max_age{60};  ///< 0 = neither age nor repetition matters
  proto::item_limits limits;

  /// PEM files; both or neither. With them, TLS 1.2 and later only.
  std::string tls_certificate_file;
  std::string tls_key_file;

  /// Called by the io threads; must not block or throw.
  std::function<void(listener_event, std::string_view)> on_event;
};

/// Counters since the start; any thread may read them.
struct listener_stats {
  using counter = std::atomic<std::uint64_t>;
  counter accepted{0};  ///< connections
  counter refused_connections{0};
  counter open{0};          ///< connections now
  counter parting{0};       ///< no longer open: the peer is given time to read the end
  counter in_flight{0};     ///< exchanges now
  counter submitted{0};     ///< requests handed to the actors
  counter unreadable{0};    ///< 401: no key opens it
  counter stale{0};         ///< 401: too old, or from the future
  counter replayed{0};      ///< 401
  counter bad_payloads{0};  ///< 400: read, but no request
  counter malformed{0};     ///< 400: no HTTP
  counter not_found{0};     ///< 404
  counter wrong_method{0};  ///< 405
  counter too_large{0};     ///< 413
  counter timed_out{0};     ///< connections that were too slow
  counter tls_failures{0};
  counter answered_ok{0};           ///< 200, sealed
  counter answered_limited{0};      ///< 429
  counter answered_error{0};        ///< 500
  counter answered_unavailable{0};  ///< 503
};

/// Runs its own threads from `start` to `stop`. `door` and `replays` must
/// outlive it. The methods are for one controlling thread.
class listener {
 public:
  listener(listener_options options, actors::ingress& door, proto::keyring_ptr keys, proto::replay_memory& replays);
  ~listener();  ///< stops
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Binds and begins to serve, or says in one line what to do.
  tl::expected<void, std::string> start();
  /// The port that is served, once started.
  std::uint16_t port() const noexcept;

  /// New connections are refused from now on. Those that the system has taken
  /// already are served.
  void stop_accepting();
  /// Lets every accepted request be answered and closes the connections: with
  /// an answer that says so, and the idle ones after `last_call`, none by a
  /// reset. /health/ready says no.
  /// False when the deadline came first. Implies stop_accepting.
  bool drain(std::chrono::steady_clock::time_point deadline);
  /// Ends the threads and closes what is still open.
  void stop();

  /// For requests that come from now on.
  void set_keys(const proto::keyring_ptr& keys);
  void set_item_limits(const proto::item_limits& limits);
  /// Reads the certificate's files again; a broken one changes nothing. For
  /// connections that come from now on.
  tl::expected<void, std::string> reload_tls();

  const listener_stats& stats() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
