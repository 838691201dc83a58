#include "net/open_port.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

std::string describe(const error_code& ec, const std::string& where, std::string_view item) {
  if (ec == asio::error::address_in_use)
    return "cannot listen on " + where + ": it is in use; stop the other server or choose another port";
  if (ec == asio::error::access_denied)
    return "cannot listen on " + where + ": permission denied; choose a port above 1023";
  if (ec == boost::system::errc::address_not_available)
    return "cannot listen on " + where + ": this host has no such address; set " + std::string(item) +
           " to one of its own";
  return "cannot listen on " + where + ": " + ec.message();
}

}  // namespace

tl::expected<tcp_acceptor, std::string> open_port(asio::io_context& context, const std::string& address,
                                                  std::uint16_t port, std::string_view item) {
  error_code ec;
  const auto parsed = asio::ip::make_address(address, ec);
  if (ec) return tl::unexpected(std::string(item) + " is no address: " + address);
  const tcp::endpoint endpoint(parsed, port);
  tcp_acceptor a(context);
  const auto step = [&](auto&& action) {
    if (!ec) action();
  };
  step([&] { a.open(endpoint.protocol(), ec); });
  step([&] { a.set_option(asio::socket_base::reuse_address(true), ec); });
  // Linux hands this on to the accepted sockets.
  step([&] { a.set_option(tcp::no_delay(true), ec); });
  step([&] { a.bind(endpoint, ec); });
  step([&] { a.listen(asio::socket_base::max_listen_connections, ec); });
  if (ec) return tl::unexpected(describe(ec, address + " port " + std::to_string(port), item));
  return a;
}

}  // namespace authnz::net
