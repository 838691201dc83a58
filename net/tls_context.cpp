#include "net/tls_context.hpp"

#include <openssl/ssl.h>

namespace authnz::net {

namespace ssl = boost::asio::ssl;

tl::expected<std::shared_ptr<ssl::context>, std::string> make_tls_context(const std::string& certificate_file,
                                                                          const std::string& key_file) {
  boost::system::error_code ec;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // Idle connections then hold no buffers, and no client makes the server work
  // for a new handshake on an old connection.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Without this a key with a passphrase would ask for it on the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, ec);
  context->use_certificate_chain_file(certificate_file, ec);
  if (ec) return tl::unexpected("cannot use the TLS certificate " + certificate_file + ": " + ec.message());
  context->use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec) return tl::unexpected("cannot use the TLS key " + key_file + ": " + ec.message());
  if (SSL_CTX_check_private_key(native) != 1)
    return tl::unexpected("the TLS key " + key_file + " does not belong to the certificate " + certificate_file);
  return context;
}

}  // namespace authnz::net
