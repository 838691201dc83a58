#include "net/link_listener.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "net/link_context.hpp"
#include "net/tls_pipe.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds sweep_every{250};
constexpr std::chrono::milliseconds accept_pause{200};

std::string describe(const error_code& ec, const link_service& s, const link_listener_options& o) {
  const std::string where = s.name + " cannot listen on " + o.address + " port " + std::to_string(o.port);
  if (ec == asio::error::address_in_use) return where + ": it is in use; choose another " + s.port_item;
  if (ec == asio::error::access_denied) return where + ": permission denied; set " + s.port_item + " above 1023";
  if (ec == boost::system::errc::address_not_available)
    return where + ": this host has no such address; set " + s.address_item + " to one of its own";
  return where + ": " + ec.message();
}

std::string why_refused(const error_code& ec, tls_pipe& pipe) {
  const auto judged = SSL_get_verify_result(pipe.stream().native_handle());
  if (judged != X509_V_OK) return X509_verify_cert_error_string(judged);
  return ec.message();
}

}  // namespace

struct link_listener::state {
  using acceptor = asio::basic_socket_acceptor<tcp, tls_pipe::executor>;
  using timer = asio::basic_waitable_timer<tls_pipe::clock, asio::wait_traits<tls_pipe::clock>, tls_pipe::executor>;
  struct link {
    std::shared_ptr<tls_pipe> pipe;
    std::uint64_t number = 0;
    std::string name;  ///< known once hands are shaken
  };

  state(link_service s, link_listener_options o) : service(std::move(s)), options(std::move(o)) {}

  tl::expected<void, std::string> bind();
  void accept();
  void accepted(const error_code& ec, tls_pipe::outer_socket&& socket);
  void shaken(const std::shared_ptr<tls_pipe>& pipe, const error_code& ec);
  void forget(const std::shared_ptr<tls_pipe>& pipe) {
    std::erase_if(all, [&](const link& l) { return l.pipe == pipe; });
  }
  void make_room();
  void sweep();
  /// Of a link that carries, and is not in `all` any more.
  void end(const link& l) const {
    l.pipe->close();
    report(link_event::closed, l.name);
    if (service.ended) service.ended(l.name, l.number);
  }
  void end_links_of(const std::string& name);
  std::size_t links() const {
    return static_cast<std::size_t>(std::ranges::count_if(all, [](const link& l) { return l.pipe->carries(); }));
  }
  void report(link_event what, std::string_view detail) const {
    if (options.on_event) options.on_event(what, detail);
  }

  const link_service service;
  const link_listener_options options;
  asio::io_context context{1};
  acceptor door{context};
  timer pause{context};
  timer sweeping{context};
  std::shared_ptr<asio::ssl::context> tls;
  std::vector<link> all;  // the oldest first
  std::uint64_t last_number = 0;
  std::uint16_t port = 0;
  std::thread thread;
};

tl::expected<void, std::string> link_listener::state::bind() {
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) return tl::unexpected(service.address_item + " is no address: " + options.address);
  const tcp::endpoint endpoint(address, options.port);
  const auto step = [&](auto&& action) {
    if (!ec) action();
  };
  step([&] { door.open(endpoint.protocol(), ec); });
  step([&] { door.set_option(asio::socket_base::reuse_address(true), ec); });
  step([&] { door.set_option(tcp::no_delay(true), ec); });
  step([&] { door.bind(endpoint, ec); });
  step([&] { door.listen(asio::socket_base::max_listen_connections, ec); });
  const auto bound = ec ? tcp::endpoint() : door.local_endpoint(ec);
  if (ec) return tl::unexpected(describe(ec, service, options));
  port = bound.port();
  return {};
}

void link_listener::state::accept() {
  door.async_accept([this](const error_code& ec, tls_pipe::outer_socket socket) { accepted(ec, std::move(socket)); });
}

void link_listener::state::accepted(const error_code& ec, tls_pipe::outer_socket&& socket) {
  if (ec == asio::error::operation_aborted || !door.is_open()) return;
  if (ec) {
    // Most likely no descriptor is left; to try again at once would only spin.
    report(link_event::accept_failed, ec.message());
    pause.expires_after(accept_pause);
    pause.async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
    return;
  }
  make_room();
  const auto pipe = std::make_shared<tls_pipe>(std::move(socket), tls);
  all.push_back({pipe, ++last_number, {}});
  pipe->shake_hands(asio::ssl::stream_base::server, [this, pipe](const error_code& failed) { shaken(pipe, failed); });
  accept();
}

// Whoever has had the most time to shake hands and has not is let go.
void link_listener::state::make_room() {
  if (all.size() - links() < options.max_handshakes) return;
  const auto oldest = std::ranges::find_if(all, [](const link& l) { return !l.pipe->carries(); });
  oldest->pipe->close();
  all.erase(oldest);
  report(link_event::refused, "too many peers shake hands at once");
}

void link_listener::state::shaken(const std::shared_ptr<tls_pipe>& pipe, const error_code& ec) {
  const auto refuse = [&](link_event what, const std::string& why) {
    report(what, why);
    pipe->close();
    forget(pipe);
  };
  if (ec) return refuse(link_event::refused, why_refused(ec, *pipe));
  const auto name = pipe->peer_name();
  if (service.judge)
    if (const auto judged = service.judge(name); !judged) return refuse(link_event::refused, judged.error());
  if (service.one_link_a_name) end_links_of(name);
  if (links() >= options.max_links) return refuse(link_event::full, name);
  const auto self = std::ranges::find(all, pipe, &link::pipe);
  self->name = name;
  const auto number = self->number;
  const auto inside = pipe->carry_for_another({.door = service.door(name)}, [this, pipe](const error_code&) {
    const auto found = std::ranges::find(all, pipe, &link::pipe);
    if (found == all.end()) return;
    const auto ended = *found;
    all.erase(found);
    end(ended);
  });
  if (!inside) return refuse(link_event::accept_failed, inside.error().message());
  report(link_event::opened, name);
  service.admit(name, number, *inside);
}

void link_listener::state::end_links_of(const std::string& name) {
  std::vector<link> over;
  std::erase_if(all, [&](const link& l) {
    const bool is_over = l.pipe->carries() && l.name == name;
    if (is_over) over.push_back(l);
    return is_over;
  });
  for (const auto& l : over) end(l);
}

void link_listener::state::sweep() {
  const auto now = tls_pipe::clock::now();
  const auto overdue = [&](const link& l) {
    return l.pipe->carries() ? now - l.pipe->stalled_since() > options.longest_stall
                             : now - l.pipe->since() > options.handshake_time;
  };
  std::vector<link> over;
  std::erase_if(all, [&](const link& l) {
    if (!overdue(l)) return false;
    over.push_back(l);
    return true;
  });
  for (const auto& l : over) {
    if (l.pipe->carries()) {
      end(l);
    } else {
      report(link_event::refused, "the handshake takes too long");
      l.pipe->close();
    }
  }
  sweeping.expires_after(sweep_every);
  sweeping.async_wait([this](const error_code& stopped) {
    // One that was due already when it was cancelled comes all the same.
    if (!stopped && door.is_open()) sweep();
  });
}

link_listener::link_listener(std::unique_ptr<state> s) : state_(std::move(s)) {}
link_listener::~link_listener() { stop(); }

tl::expected<std::unique_ptr<link_listener>, std::string> link_listener::open(const link_identity& identity,
                                                                              link_service service,
                                                                              link_listener_options options) {
  auto made = std::make_unique<state>(std::move(service), std::move(options));
  auto tls = make_link_context(identity, link_end::node);
  if (!tls) return tl::unexpected(tls.error());
  made->tls = std::move(*tls);
  if (auto bound = made->bind(); !bound) return tl::unexpected(bound.error());
  return std::unique_ptr<link_listener>(new link_listener(std::move(made)));
}

std::uint16_t link_listener::port() const { return state_->port; }

void link_listener::start() {
  auto& s = *state_;
  s.accept();
  s.sweep();
  s.thread = std::thread([&s] { s.context.run(); });
}

tl::expected<void, std::string> link_listener::set_identity(const link_identity& identity) {
  auto tls = make_link_context(identity, link_end::node);
  if (!tls) return tl::unexpected(tls.error());
  asio::post(state_->context, [s = state_.get(), made = std::move(*tls)] { s->tls = made; });
  return {};
}

void link_listener::close_links_of(const std::string& name, std::function<void()> then) {
  asio::post(state_->context, [s = state_.get(), name, then = std::move(then)] {
    s->end_links_of(name);
    then();
  });
}

void link_listener::stop() {
  asio::post(state_->context, [s = state_.get()] {
    error_code ignored;
    s->door.close(ignored);
    s->pause.cancel();
    s->sweeping.cancel();
    for (const auto& l : s->all) l.pipe->close();
    s->all.clear();
  });
  // All that it waited for has ended then.
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace authnz::net
