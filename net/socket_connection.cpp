#include "net/socket_connection.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "net/io_worker.hpp"

namespace authnz::net {

namespace asio = boost::asio;

namespace {

tcp_socket& socket_of(tcp_socket& s) { return s; }
tcp_socket& socket_of(asio::ssl::stream<tcp_socket>& s) { return s.next_layer(); }

// All but the beginning and the end is the same over both.
template <class Stream>
class stream_connection : public connection {
 protected:
  template <class... Args>
  explicit stream_connection(io_worker& worker, Args&&... args)
      : connection(worker), stream_(std::forward<Args>(args)...) {}

  auto self() { return std::static_pointer_cast<stream_connection>(shared_from_this()); }
  tcp_socket& socket() { return socket_of(stream_); }
  Stream& stream() { return stream_; }

 private:
  void read_some(asio::mutable_buffer into) override {
    stream_.async_read_some(into, [me = self()](const error_code& ec, std::size_t n) { me->received(ec, n); });
  }
  void send_all(asio::const_buffer bytes) override {
    asio::async_write(stream_, bytes, [me = self()](const error_code& ec, std::size_t) { me->sent(ec); });
  }
  void stop_reading() noexcept override {
    error_code ignored;
    socket().cancel(ignored);
  }
  void discard_some(asio::mutable_buffer into) override {
    socket().async_read_some(into, [me = self()](const error_code& ec, std::size_t) { me->discarded(ec); });
  }
  void close_socket() noexcept override {
    error_code ignored;
    socket().close(ignored);
  }
  bool has_unread() noexcept override {
    error_code ec;
    return socket().available(ec) > 0 && !ec;
  }

  Stream stream_;
};

class plain_connection final : public stream_connection<tcp_socket> {
 public:
  plain_connection(io_worker& worker, tcp_socket&& socket) : stream_connection(worker, std::move(socket)) {}

 private:
  void open() override { begin(); }
  void say_goodbye() override {
    error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
    said_goodbye();
  }
};

class tls_connection final : public stream_connection<asio::ssl::stream<tcp_socket>> {
 public:
  tls_connection(io_worker& worker, tcp_socket&& socket, std::shared_ptr<asio::ssl::context> context)
      : stream_connection(worker, std::move(socket), *context), context_(std::move(context)) {}

 private:
  void open() override {
    limit_time(worker().options().header_timeout);
    stream().async_handshake(asio::ssl::stream_base::server, [me = shared()](const error_code& ec) {
      if (ec)
        me->handshake_failed(ec);
      else
        me->begin();
    });
  }
  void say_goodbye() override {
    stream().async_shutdown([me = shared()](const error_code&) {
      error_code ignored;
      me->socket().shutdown(asio::socket_base::shutdown_send, ignored);
      me->said_goodbye();
    });
  }
  std::shared_ptr<tls_connection> shared() { return std::static_pointer_cast<tls_connection>(shared_from_this()); }

  std::shared_ptr<asio::ssl::context> context_;
};

}  // namespace

std::shared_ptr<connection> make_plain_connection(io_worker& worker, tcp_socket&& socket) {
  return std::make_shared<plain_connection>(worker, std::move(socket));
}

std::shared_ptr<connection> make_tls_connection(io_worker& worker, tcp_socket&& socket,
                                                std::shared_ptr<asio::ssl::context> context) {
  return std::make_shared<tls_connection>(worker, std::move(socket), std::move(context));
}

}  // namespace authnz::net
