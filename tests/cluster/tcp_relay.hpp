/// Passes TCP connections on to one address, until it hangs: a network that
/// neither delivers nor says so.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <memory>
#include <string>
#include <thread>

namespace authnz::tests {

class tcp_relay {
 public:
  /// `url`: http://127.0.0.1:PORT.
  explicit tcp_relay(const std::string& url)
      : target_(loopback(static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1))))),
        acceptor_(io_, loopback(0)) {
    accept();
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~tcp_relay() { io_.stop(); }
  tcp_relay(const tcp_relay&) = delete;
  tcp_relay& operator=(const tcp_relay&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  void hang() { hung_ = true; }
  void thaw() { hung_ = false; }

 private:
  using tcp = boost::asio::ip::tcp;
  using failure = boost::system::error_code;

  static tcp::endpoint loopback(std::uint16_t port) { return {boost::asio::ip::address_v4::loopback(), port}; }

  /// One way of a connection.
  struct way : std::enable_shared_from_this<way> {
    way(tcp_relay& r, std::shared_ptr<tcp::socket> f, std::shared_ptr<tcp::socket> t)
        : relay(r), from(std::move(f)), to(std::move(t)), timer(r.io_) {}

    void read() {
      from->async_read_some(boost::asio::buffer(piece),
                            [me = shared_from_this()](failure ended, std::size_t size) { me->write(ended, size); });
    }
    void write(failure ended, std::size_t size) {
      if (relay.hung_) {
        timer.expires_after(std::chrono::milliseconds(5));
        timer.async_wait([me = shared_from_this(), ended, size](failure) { me->write(ended, size); });
        return;
      }
      failure ignored;
      if (ended) return void(to->shutdown(tcp::socket::shutdown_send, ignored));
      boost::asio::async_write(*to, boost::asio::buffer(piece, size),
                               [me = shared_from_this()](failure broken, std::size_t) {
                                 if (!broken) me->read();
                               });
    }

    tcp_relay& relay;
    std::shared_ptr<tcp::socket> from;
    std::shared_ptr<tcp::socket> to;
    boost::asio::steady_timer timer;
    std::array<char, 16384> piece{};
  };

  void accept() {
    acceptor_.async_accept([this](failure failed, tcp::socket accepted) {
      if (failed) return;
      const auto here = std::make_shared<tcp::socket>(std::move(accepted));
      const auto there = std::make_shared<tcp::socket>(io_);
      there->async_connect(target_, [this, here, there](failure refused) {
        if (refused) return;
        std::make_shared<way>(*this, here, there)->read();
        std::make_shared<way>(*this, there, here)->read();
      });
      accept();
    });
  }

  boost::asio::io_context io_;
  tcp::endpoint target_;
  tcp::acceptor acceptor_;
  std::atomic<bool> hung_ = false;
  std::jthread thread_;
};

}  // namespace authnz::tests
