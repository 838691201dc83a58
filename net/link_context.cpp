#include "net/link_context.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>

namespace authnz::net {

namespace ssl = boost::asio::ssl;

namespace {

tl::unexpected<std::string> cannot_use(std::string_view what, const boost::system::error_code& why) {
  std::string text(what);
  text.append(" cannot be used: ").append(why.message());
  return tl::unexpected(std::move(text));
}

}  // namespace

tl::expected<std::shared_ptr<ssl::context>, std::string> make_link_context(const link_identity& identity,
                                                                           link_end end) {
  boost::system::error_code ec;
  auto context =
      std::make_shared<ssl::context>(end == link_end::node ? ssl::context::tls_server : ssl::context::tls_client);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_verify_depth(native, 1);
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, ec);
  const auto step = [&](const char* what, auto&& action) -> tl::expected<void, std::string> {
    action();
    if (ec) return cannot_use(what, ec);
    return {};
  };
  const auto key = identity.key.reveal();
  const auto done =
      step("the certificate", [&] { context->use_certificate_chain(boost::asio::buffer(identity.certificate), ec); })
          .and_then([&] {
            return step("the key", [&] {
              context->use_private_key(boost::asio::buffer(key.data(), key.size()), ssl::context::pem, ec);
            });
          })
          .and_then([&] {
            return step("the authority",
                        [&] { context->add_certificate_authority(boost::asio::buffer(identity.authority), ec); });
          });
  if (!done) return tl::unexpected(done.error());
  return context;
}

}  // namespace authnz::net
