#include "net/admin_link.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "net/link_broker.hpp"
#include "net/link_context.hpp"
#include "net/tls_pipe.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using actors::inspection_door;

namespace {

constexpr std::chrono::milliseconds sweep_every{250};
constexpr std::chrono::milliseconds accept_pause{200};
constexpr const char* nobody_there =
    R"({"error":{"code":"inspector-restarting","text":"The inspector restarts; ask again in a moment."}})";

// What is published must not change, while the inspector may be restarted.
inspection_door::behavior_type relay(inspection_door::pointer self, const door_finder& find) {
  return {[=](actors::hello_atom hello, std::uint16_t version, std::string& who) -> caf::result<std::string> {
            if (const auto door = find()) return self->delegate(door, hello, version, std::move(who));
            return std::string(nobody_there);
          },
          [=](actors::ask_atom ask, std::string& name, std::string& arguments,
              std::string& who) -> caf::result<std::string> {
            if (const auto door = find())
              return self->delegate(door, ask, std::move(name), std::move(arguments), std::move(who));
            return std::string(nobody_there);
          }};
}

std::string describe(const error_code& ec, const admin_link_options& o) {
  const std::string where = "the admin link cannot listen on " + o.address + " port " + std::to_string(o.port);
  if (ec == asio::error::address_in_use) return where + ": it is in use; choose another adminport";
  if (ec == asio::error::access_denied) return where + ": permission denied; choose an adminport above 1023";
  if (ec == boost::system::errc::address_not_available)
    return where + ": this host has no such address; set adminlisten to one of its own";
  return where + ": " + ec.message();
}

std::string peer_name(tls_pipe& pipe) {
  const certificate_ptr shown(SSL_get1_peer_certificate(pipe.stream().native_handle()), X509_free);
  return shown ? facts_of(shown).name : std::string();
}

std::string why_refused(const error_code& ec, tls_pipe& pipe) {
  const auto judged = SSL_get_verify_result(pipe.stream().native_handle());
  if (judged != X509_V_OK) return X509_verify_cert_error_string(judged);
  return ec.message();
}

}  // namespace

struct admin_link::state {
  using acceptor = asio::basic_socket_acceptor<tcp, tls_pipe::executor>;
  using timer = asio::basic_waitable_timer<tls_pipe::clock, asio::wait_traits<tls_pipe::clock>, tls_pipe::executor>;
  using pipe_ptr = std::shared_ptr<tls_pipe>;

  state(caf::actor_system& s, admin_link_options o) : system(s), options(std::move(o)) {}

  tl::expected<void, std::string> bind();
  void accept();
  void accepted(const error_code& ec, tls_pipe::outer_socket&& socket);
  void shaken(const pipe_ptr& pipe, const error_code& ec);
  void forget(const pipe_ptr& pipe) { std::erase(pipes, pipe); }
  void make_room();
  void sweep();
  std::size_t links() const {
    return static_cast<std::size_t>(std::count_if(pipes.begin(), pipes.end(), [](auto& p) { return p->carries(); }));
  }
  void report(link_event what, std::string_view detail) const {
    if (options.on_event) options.on_event(what, detail);
  }

  caf::actor_system& system;
  const admin_link_options options;
  asio::io_context context{1};
  acceptor door{context};
  timer pause{context};
  timer sweeping{context};
  std::shared_ptr<asio::ssl::context> tls;
  std::vector<pipe_ptr> pipes;  // the oldest first
  inspection_door published;
  std::optional<link_entrance> entrance;
  std::uint16_t port = 0;
  std::thread thread;
};

tl::expected<void, std::string> admin_link::state::bind() {
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) return tl::unexpected("adminlisten is no address: " + options.address);
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
  if (ec) return tl::unexpected(describe(ec, options));
  port = bound.port();
  return {};
}

void admin_link::state::accept() {
  door.async_accept([this](const error_code& ec, tls_pipe::outer_socket socket) { accepted(ec, std::move(socket)); });
}

void admin_link::state::accepted(const error_code& ec, tls_pipe::outer_socket&& socket) {
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
  pipes.push_back(pipe);
  pipe->shake_hands(asio::ssl::stream_base::server, [this, pipe](const error_code& failed) { shaken(pipe, failed); });
  accept();
}

// Whoever has had the most time to shake hands and has not is let go.
void admin_link::state::make_room() {
  if (pipes.size() - links() < options.max_handshakes) return;
  const auto oldest = std::find_if(pipes.begin(), pipes.end(), [](auto& p) { return !p->carries(); });
  (*oldest)->close();
  pipes.erase(oldest);
  report(link_event::refused, "too many peers shake hands at once");
}

void admin_link::state::shaken(const pipe_ptr& pipe, const error_code& ec) {
  const auto refuse = [&](link_event what, const std::string& why) {
    report(what, why);
    pipe->close();
    forget(pipe);
  };
  if (ec) return refuse(link_event::refused, why_refused(ec, *pipe));
  if (links() >= options.max_links) return refuse(link_event::full, peer_name(*pipe));
  error_code failed;
  tls_pipe::inner_socket ours(context);
  tls_pipe::inner_socket theirs(context);
  asio::local::connect_pair(ours, theirs, failed);
  if (failed) return refuse(link_event::accept_failed, failed.message());
  entrance->admit(theirs.release());
  report(link_event::opened, peer_name(*pipe));
  pipe->carry(std::move(ours), [this, pipe](const error_code&) {
    report(link_event::closed, peer_name(*pipe));
    forget(pipe);
  });
}

void admin_link::state::sweep() {
  const auto now = tls_pipe::clock::now();
  const auto overdue = [&](const pipe_ptr& p) {
    return p->carries() ? now - p->stalled_since() > options.longest_stall : now - p->since() > options.handshake_time;
  };
  std::erase_if(pipes, [&](const pipe_ptr& p) {
    if (!overdue(p)) return false;
    report(p->carries() ? link_event::closed : link_event::refused,
           p->carries() ? peer_name(*p) : "the handshake takes too long");
    p->close();
    return true;
  });
  sweeping.expires_after(sweep_every);
  sweeping.async_wait([this](const error_code& stopped) {
    if (!stopped) sweep();
  });
}

admin_link::admin_link(std::unique_ptr<state> s) : state_(std::move(s)) {}
admin_link::~admin_link() { stop(); }

tl::expected<std::unique_ptr<admin_link>, std::string> admin_link::open(caf::actor_system& system, door_finder find,
                                                                        const link_identity& identity,
                                                                        admin_link_options options) {
  auto made = std::make_unique<state>(system, std::move(options));
  auto tls = make_link_context(identity, link_end::node);
  if (!tls) return tl::unexpected(tls.error());
  made->tls = std::move(*tls);
  if (auto bound = made->bind(); !bound) return tl::unexpected(bound.error());
  made->published = system.spawn(relay, std::move(find));
  std::unique_ptr<admin_link> link(new admin_link(std::move(made)));
  auto& s = *link->state_;
  auto entrance = link_entrance::open(system, s.published, s.port);
  if (!entrance) return tl::unexpected(entrance.error());
  s.entrance = std::move(*entrance);
  s.accept();
  s.sweep();
  s.thread = std::thread([&s] { s.context.run(); });
  return link;
}

std::uint16_t admin_link::port() const { return state_->port; }

tl::expected<void, std::string> admin_link::set_identity(const link_identity& identity) {
  auto tls = make_link_context(identity, link_end::node);
  if (!tls) return tl::unexpected(tls.error());
  asio::post(state_->context, [s = state_.get(), made = std::move(*tls)] { s->tls = made; });
  return {};
}

void admin_link::stop() {
  if (!state_->published) return;
  asio::post(state_->context, [s = state_.get()] {
    error_code ignored;
    s->door.close(ignored);
    s->pause.cancel();
    s->sweeping.cancel();
    for (const auto& pipe : s->pipes) pipe->close();
    s->pipes.clear();
  });
  // All that it waited for has ended then.
  if (state_->thread.joinable()) state_->thread.join();
  if (state_->entrance) state_->entrance->close();
  caf::anon_send_exit(state_->published, caf::exit_reason::user_shutdown);
  state_->published = nullptr;
}

}  // namespace authnz::net
