/// The server's side of TLS: which files, which versions.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace authnz::net {

/// A context for TLS 1.2 and later with the certificate chain and key of two
/// PEM files, which must belong together. The error is one line for the
/// operator.
tl::expected<std::shared_ptr<boost::asio::ssl::context>, std::string> make_tls_context(
    const std::string& certificate_file, const std::string& key_file);

}  // namespace authnz::net
