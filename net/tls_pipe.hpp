/// A TLS connection whose plaintext goes in and out of a local socket, so that
/// whoever holds the other end of that needs to know nothing of TLS.
///
/// What comes from the peer is judged (net/link_frames.hpp). Lives on one io
/// thread. Ends as a whole: when either side ends or fails, both are closed.
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "net/link_frames.hpp"

namespace authnz::net {

class tls_pipe : public std::enable_shared_from_this<tls_pipe> {
 public:
  using clock = std::chrono::steady_clock;
  using executor = boost::asio::io_context::executor_type;
  using outer_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
  using inner_socket = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, executor>;
  using tls_stream = boost::asio::ssl::stream<outer_socket>;
  using done = std::function<void(const boost::system::error_code&)>;

  tls_pipe(outer_socket&& outside, std::shared_ptr<boost::asio::ssl::context> context);

  void shake_hands(boost::asio::ssl::stream_base::handshake_type type, done then);
  /// The name in the certificate that the peer has shown; empty if it has none.
  std::string peer_name();
  /// Once hands are shaken. `ended` is called once, unless closed from here.
  void carry(inner_socket&& inside, done ended);
  /// The same, to a new socket for somebody else, who closes it.
  tl::expected<int, boost::system::error_code> carry_for_another(link_bounds bounds, done ended);
  /// Nothing is called any more.
  void close();

  tls_stream& stream() noexcept { return outside_; }
  /// When the handshake, or now the carrying, began.
  clock::time_point since() const noexcept { return since_; }
  bool carries() const noexcept { return inside_.has_value(); }
  /// Since when the peer has sent nothing, or has not taken what it was sent.
  clock::time_point stalled_since() const noexcept;

 private:
  using buffer = std::array<char, 16384>;

  void read_outside();
  void read_inside();
  void end(const boost::system::error_code& why);

  std::shared_ptr<boost::asio::ssl::context> context_;
  tls_stream outside_;
  std::optional<inner_socket> inside_;
  link_frames frames_;
  buffer inwards_{};
  buffer outwards_{};
  done ended_;
  clock::time_point since_ = clock::now();
  clock::time_point heard_ = since_;
  std::optional<clock::time_point> writing_since_;
  bool closed_ = false;
};

}  // namespace authnz::net
