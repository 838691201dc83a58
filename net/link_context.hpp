/// TLS of the admin link: version 1.3 alone, a certificate at both ends, one
/// private authority.
///
/// OpenSSL checks what each certificate may be used for: a server must have
/// serverAuth, a client clientAuth. Sessions are never resumed, so that every
/// link proves itself anew.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "net/certificate_folder.hpp"

namespace authnz::net {

enum class link_end : std::uint8_t { node, tool };

/// The error is one line.
tl::expected<std::shared_ptr<boost::asio::ssl::context>, std::string> make_link_context(const link_identity& identity,
                                                                                        link_end end);

}  // namespace authnz::net
