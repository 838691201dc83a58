/// Opens a port for connections to come, or says in one line what to do.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::net {

/// Of the io thread's own executor: any_io_executor costs on every operation.
using tcp_acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Listens on an address without brackets; port 0 = any that is free. `item`
/// is the configuration item that names the address, for the error.
/// TCP_NODELAY is set, on the accepted sockets too.
tl::expected<tcp_acceptor, std::string> open_port(boost::asio::io_context& context, const std::string& address,
                                                  std::uint16_t port, std::string_view item);

}  // namespace authnz::net
