#include "tools/bench/bare_listener.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>

namespace authnz::bench {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using executor = asio::io_context::executor_type;

namespace {

class session : public std::enable_shared_from_this<session> {
 public:
  session(asio::basic_stream_socket<tcp, executor>&& socket, const std::string& body) : socket_(std::move(socket)) {
    answer_.result(http::status::ok);
    answer_.version(11);
    answer_.set(http::field::content_type, "text/plain; charset=UTF-8");
    answer_.body() = body;
    answer_.prepare_payload();
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_, [me = shared_from_this()](const error_code& ec, std::size_t) {
      if (!ec) me->write();
    });
  }

 private:
  void write() {
    http::async_write(socket_, answer_, [me = shared_from_this()](const error_code& ec, std::size_t) {
      if (!ec) me->read();
    });
  }

  asio::basic_stream_socket<tcp, executor> socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> answer_;
};

class acceptor {
 public:
  acceptor(asio::io_context& context, std::uint16_t port, std::string body)
      : acceptor_(context, {asio::ip::address_v4::loopback(), port}), body_(std::move(body)) {
    acceptor_.set_option(tcp::no_delay(true));
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& ec, asio::basic_stream_socket<tcp, executor> socket) {
      if (ec) return;
      std::make_shared<session>(std::move(socket), body_)->read();
      accept();
    });
  }

 private:
  asio::basic_socket_acceptor<tcp, executor> acceptor_;
  std::string body_;
};

}  // namespace

int run_bare_listener(std::uint16_t port, std::size_t body_size) try {
  asio::io_context context(1);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const error_code&, int) { context.stop(); });
  acceptor a(context, port, std::string(body_size, 'x'));
  a.accept();
  context.run();
  return 0;
} catch (const boost::system::system_error& e) {
  std::cerr << "cannot serve port " << port << ": " << e.code().message() << '\n';
  return 1;
}

}  // namespace authnz::bench
