/// Connections over a plain socket and over TLS.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "net/connection.hpp"

namespace authnz::net {

/// Of the io thread's own executor: any_io_executor costs on every operation.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

std::shared_ptr<connection> make_plain_connection(io_worker& worker, tcp_socket&& socket);

/// `context` lives as long as the connection.
std::shared_ptr<connection> make_tls_connection(io_worker& worker, tcp_socket&& socket,
                                                std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace authnz::net
