/// A TLS listener for links: whoever has shown a good certificate is handed to
/// CAF as a plain local socket.
///
/// One thread. A stranger gets a TLS handshake and nothing else, is let go
/// after `handshake_time`, and when too many shake hands at once, the one that
/// takes longest is let go first: a peer that hangs keeps nobody out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/certificate_folder.hpp"

namespace authnz::net {

enum class link_event : std::uint8_t {
  opened,         ///< detail: the name in the peer's certificate
  closed,         ///< the same
  refused,        ///< detail: why
  accept_failed,  ///< detail: the system's reason
  full,           ///< as many links as there may be
};

struct link_listener_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free one
  std::size_t max_links = 64;
  std::size_t max_handshakes = 32;
  std::chrono::milliseconds handshake_time{5000};
  std::chrono::milliseconds longest_stall{15000};              ///< of a link; heartbeats come twice a second
  std::function<void(link_event, std::string_view)> on_event;  ///< on the link's thread; must not block
};

/// What is listened for. All is called on the listener's thread.
struct link_service {
  std::string name;          ///< `the admin link`, for errors
  std::string port_item;     ///< of the configuration
  std::string address_item;  ///< the same
  /// A peer with a newer link has no older one.
  bool one_link_a_name = false;
  /// Whether a peer with this certificate may have a link; the error is one line.
  std::function<tl::expected<void, std::string>(const std::string& name)> judge = {};
  /// The id of the actor that such a peer may ask.
  std::function<std::uint64_t(const std::string& name)> door = {};
  /// Takes a connected socket. `link` is the link's number.
  std::function<void(const std::string& name, std::uint64_t link, int socket)> admit = {};
  /// Once for each that was admitted, unless the listener is stopped.
  std::function<void(const std::string& name, std::uint64_t link)> ended = {};
};

class link_listener {
 public:
  /// Listens, and lets nobody in before `start`. The error is one line for the
  /// operator.
  static tl::expected<std::unique_ptr<link_listener>, std::string> open(const link_identity& identity,
                                                                        link_service service,
                                                                        link_listener_options options);
  ~link_listener();  ///< stops
  link_listener(const link_listener&) = delete;
  link_listener& operator=(const link_listener&) = delete;

  std::uint16_t port() const;
  void start();
  /// For links from now on. Thread-safe.
  tl::expected<void, std::string> set_identity(const link_identity& identity);
  /// Closes the links of those who have this name, soon. `then` is called on the
  /// listener's thread, unless it is stopped before. Thread-safe.
  void close_links_of(const std::string& name, std::function<void()> then);
  /// Closes all links. Idempotent.
  void stop();

 private:
  struct state;
  explicit link_listener(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
