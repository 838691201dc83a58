#include "net/dialling.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/connect.hpp>
#include <utility>

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

std::string text_of(const dial_failure& f) {
  using enum dial_failure::step;
  switch (f.at) {
    case connect: return "cannot be reached: " + f.why.message();
    case connect_too_late: return "cannot be reached: no answer";
    case handshake_too_late: return "does not finish the TLS handshake";
    case handshake: break;
  }
  return f.judged == X509_V_OK ? "TLS fails: " + f.why.message()
                               : std::string("its certificate: ") + X509_verify_cert_error_string(f.judged);
}

dialling::dialling(asio::io_context& context, dial_wish wish, done then)
    : wish_(std::move(wish)), then_(std::move(then)), socket_(context), limit_(context) {}

std::shared_ptr<dialling> dialling::start(asio::io_context& context, dial_wish wish, done then) {
  std::shared_ptr<dialling> made(new dialling(context, std::move(wish), std::move(then)));
  made->connect();
  return made;
}

void dialling::cancel() {
  then_ = nullptr;
  close();
}

void dialling::connect() {
  end_after(wish_.longest_connect, dial_failure::step::connect_too_late);
  asio::async_connect(socket_, wish_.where, [self = shared_from_this()](const error_code& ec, const tcp::endpoint&) {
    if (!self->then_) return;
    if (ec) return self->fail({dial_failure::step::connect, ec});
    error_code ignored;
    self->socket_.set_option(tcp::no_delay(true), ignored);
    self->shake_hands();
  });
}

void dialling::shake_hands() {
  pipe_ = std::make_shared<tls_pipe>(std::move(socket_), wish_.tls);
  SSL* const native = pipe_->stream().native_handle();
  error_code is_name;
  asio::ip::make_address(wish_.host, is_name);
  if (wish_.host.empty())
    SSL_set1_host(native, nullptr);
  else if (is_name)
    SSL_set1_host(native, wish_.host.c_str());
  else
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), wish_.host.c_str());
  end_after(wish_.longest_handshake, dial_failure::step::handshake_too_late);
  pipe_->shake_hands(asio::ssl::stream_base::client, [self = shared_from_this(), native](const error_code& ec) {
    if (!self->then_) return;
    if (ec) return self->fail({dial_failure::step::handshake, ec, SSL_get_verify_result(native)});
    self->limit_.cancel();
    std::exchange(self->then_, nullptr)(std::exchange(self->pipe_, nullptr));
  });
}

void dialling::end_after(std::chrono::milliseconds longest, dial_failure::step why) {
  limit_.expires_after(longest);
  limit_.async_wait([self = shared_from_this(), why](const error_code& stopped) {
    if (!stopped && self->then_) self->fail({why, asio::error::timed_out});
  });
}

void dialling::fail(const dial_failure& why) {
  const auto then = std::exchange(then_, nullptr);
  close();
  then(tl::unexpected(why));
}

void dialling::close() {
  limit_.cancel();
  error_code ignored;
  socket_.close(ignored);
  if (pipe_) pipe_->close();
}

}  // namespace authnz::net
