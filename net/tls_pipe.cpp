#include "net/tls_pipe.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include "net/certificates.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;

tls_pipe::tls_pipe(outer_socket&& outside, std::shared_ptr<asio::ssl::context> context)
    : context_(std::move(context)), outside_(std::move(outside), *context_) {}

void tls_pipe::shake_hands(asio::ssl::stream_base::handshake_type type, done then) {
  outside_.async_handshake(type, [self = shared_from_this(), then = std::move(then)](const error_code& ec) {
    if (!self->closed_) then(ec);
  });
}

std::string tls_pipe::peer_name() {
  const certificate_ptr shown(SSL_get1_peer_certificate(outside_.native_handle()), X509_free);
  return shown ? facts_of(shown).name : std::string();
}

tl::expected<int, error_code> tls_pipe::carry_for_another(link_bounds bounds, done ended) {
  error_code failed;
  inner_socket ours(outside_.get_executor());
  inner_socket theirs(outside_.get_executor());
  asio::local::connect_pair(ours, theirs, failed);
  if (failed) return tl::unexpected(failed);
  const int given = theirs.release();
  frames_ = link_frames(bounds);
  carry(std::move(ours), std::move(ended));
  return given;
}

void tls_pipe::carry(inner_socket&& inside, done ended) {
  inside_ = std::move(inside);
  ended_ = std::move(ended);
  since_ = heard_ = clock::now();
  read_outside();
  read_inside();
}

void tls_pipe::read_outside() {
  outside_.async_read_some(asio::buffer(inwards_), [self = shared_from_this()](const error_code& ec, std::size_t size) {
    if (ec) return self->end(ec);
    if (!self->frames_.take({self->inwards_.data(), size})) return self->end(asio::error::invalid_argument);
    self->heard_ = clock::now();
    asio::async_write(
        *self->inside_, asio::buffer(self->inwards_, size),
        [self](const error_code& failed, std::size_t) { failed ? self->end(failed) : self->read_outside(); });
  });
}

void tls_pipe::read_inside() {
  inside_->async_read_some(asio::buffer(outwards_),
                           [self = shared_from_this()](const error_code& ec, std::size_t size) {
                             if (ec) return self->end(ec);
                             self->writing_since_ = clock::now();
                             asio::async_write(self->outside_, asio::buffer(self->outwards_, size),
                                               [self](const error_code& failed, std::size_t) {
                                                 self->writing_since_.reset();
                                                 failed ? self->end(failed) : self->read_inside();
                                               });
                           });
}

void tls_pipe::end(const error_code& why) {
  if (closed_) return;
  const auto ended = std::move(ended_);
  close();
  if (ended) ended(why);
}

void tls_pipe::close() {
  if (closed_) return;
  closed_ = true;
  ended_ = nullptr;
  error_code ignored;
  outside_.next_layer().close(ignored);
  if (inside_) inside_->close(ignored);
}

tls_pipe::clock::time_point tls_pipe::stalled_since() const noexcept {
  return writing_since_ ? std::min(heard_, *writing_since_) : heard_;
}

}  // namespace authnz::net
