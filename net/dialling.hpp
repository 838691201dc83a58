/// Connects to a listener for links and shakes hands, within given times.
///
/// Lives on one io thread.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/tls_pipe.hpp"

namespace authnz::net {

struct dial_failure {
  enum class step : std::uint8_t {
    connect,             ///< nobody takes the connection
    connect_too_late,    ///< nobody answers
    handshake,           ///< `judged` says more
    handshake_too_late,  ///< connected, but no TLS comes
  };
  step at{};
  boost::system::error_code why;
  long judged = 0;  ///< what OpenSSL says of the peer's certificate; X509_V_OK = nothing against it
};

/// One line.
std::string text_of(const dial_failure& f);

struct dial_wish {
  std::vector<boost::asio::ip::tcp::endpoint> where;
  std::string host;  ///< name or address that the peer's certificate must be good for; empty = any
  std::shared_ptr<boost::asio::ssl::context> tls;  ///< of a client
  std::chrono::milliseconds longest_connect{2000};
  std::chrono::milliseconds longest_handshake{2000};
};

class dialling : public std::enable_shared_from_this<dialling> {
 public:
  /// A pipe whose hands are shaken.
  using done = std::function<void(tl::expected<std::shared_ptr<tls_pipe>, dial_failure>)>;
  /// `then` is called once, unless it is cancelled.
  static std::shared_ptr<dialling> start(boost::asio::io_context& context, dial_wish wish, done then);
  void cancel();

 private:
  using timer =
      boost::asio::basic_waitable_timer<tls_pipe::clock, boost::asio::wait_traits<tls_pipe::clock>, tls_pipe::executor>;

  dialling(boost::asio::io_context& context, dial_wish wish, done then);
  void connect();
  void shake_hands();
  void end_after(std::chrono::milliseconds longest, dial_failure::step why);
  void fail(const dial_failure& why);
  void close();

  dial_wish wish_;
  done then_;  ///< empty = over
  tls_pipe::outer_socket socket_;
  timer limit_;
  std::shared_ptr<tls_pipe> pipe_;
};

}  // namespace authnz::net
