#include "net/listener.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>

#include "net/io_worker.hpp"
#include "net/last_connections.hpp"
#include "net/open_port.hpp"
#include "net/tls_context.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

using accept_timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                                asio::io_context::executor_type>;

constexpr std::chrono::milliseconds accept_pause{200};
// From a client's first segment to its third, mostly.
constexpr std::chrono::milliseconds handshake_time{5};
// For an end to reach the peer, and for a request that crosses it.
constexpr std::chrono::milliseconds parting_time{500};

template <class Condition>
bool wait_until(std::chrono::steady_clock::time_point deadline, Condition holds) {
  constexpr std::chrono::milliseconds look_again{2};
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

}  // namespace

struct listener::state {
  state(listener_options o, actors::ingress& door, proto::keyring_ptr k, proto::replay_memory& replays)
      : options(std::move(o)),
        hosts(options.allowed_hosts),
        around{options, hosts, door, replays, stats},
        keys(std::move(k)) {}

  tl::expected<void, std::string> load_tls();
  tl::expected<void, std::string> bind();
  void accept();
  void accepted(const error_code& ec, io_worker& worker, tcp_socket&& socket);
  void welcome(io_worker& worker, tcp_socket&& socket);
  io_worker& next_worker() { return *workers[next++ % workers.size()]; }
  void close_door();
  void refuse(tcp_socket&& socket);
  void report(listener_event event, std::string_view detail) const {
    if (options.on_event) options.on_event(event, detail);
  }
  template <class Task>
  void on_each(Task task) {
    for (auto& w : workers) asio::post(w->context(), [task, worker = w.get()] { task(*worker); });
  }

  const listener_options options;
  const allowed_hosts hosts;
  listener_stats stats;
  const worker_surroundings around;
  proto::keyring_ptr keys;
  std::shared_ptr<asio::ssl::context> tls;
  std::vector<std::unique_ptr<io_worker>> workers;
  std::unique_ptr<tcp_acceptor> door;   // on the first worker's thread
  std::unique_ptr<accept_timer> pause;  // the same
  std::size_t next = 0;
  std::uint16_t port = 0;
  bool running = false;
  bool accepting = false;
};

tl::expected<void, std::string> listener::state::load_tls() {
  if (options.tls_certificate_file.empty() && options.tls_key_file.empty()) return {};
  auto made = make_tls_context(options.tls_certificate_file, options.tls_key_file);
  if (!made) return tl::unexpected(std::move(made.error()));
  tls = std::move(*made);
  return {};
}

// One socket for all threads, its connections dealt out in turn. With one a
// thread (SO_REUSEPORT) a second server on the port would not be noticed.
tl::expected<void, std::string> listener::state::bind() {
  auto& context = workers.front()->context();
  auto opened = open_port(context, options.address, options.port, "listen");
  if (!opened) return tl::unexpected(std::move(opened.error()));
  error_code ec;
  port = opened->local_endpoint(ec).port();
  door = std::make_unique<tcp_acceptor>(std::move(*opened));
  pause = std::make_unique<accept_timer>(context);
  return {};
}

void listener::state::accept() {
  if (!door->is_open()) return;
  auto& worker = next_worker();
  door->async_accept(worker.context(), [this, &worker](const error_code& ec, tcp_socket socket) {
    accepted(ec, worker, std::move(socket));
  });
}

void listener::state::accepted(const error_code& ec, io_worker& worker, tcp_socket&& socket) {
  if (ec == asio::error::operation_aborted) return;
  if (ec) {
    // Most likely no descriptor is left; to try again at once would only spin.
    report(listener_event::accept_failed, ec.message());
    pause->expires_after(accept_pause);
    pause->async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
    return;
  }
  welcome(worker, std::move(socket));
  accept();
}

void listener::state::welcome(io_worker& worker, tcp_socket&& socket) {
  if (stats.open.load(std::memory_order_relaxed) >= options.max_connections) return refuse(std::move(socket));
  stats.accepted.fetch_add(1, std::memory_order_relaxed);
  stats.open.fetch_add(1, std::memory_order_relaxed);
  // Also for the first worker: a handler moves out of the socket only once.
  asio::dispatch(worker.context(), [&worker, s = std::move(socket)]() mutable { worker.adopt(std::move(s)); });
}

// What waits at a door when it closes would be reset.
void listener::state::close_door() {
  error_code ec;
  door->non_blocking(true, ec);
  for (std::size_t i = 0; !ec && i < options.max_connections; ++i) {
    auto& worker = next_worker();
    tcp_socket socket(worker.context());
    door->accept(socket, ec);
    if (!ec) welcome(worker, std::move(socket));
  }
  door->close(ec);
  pause->cancel();
}

void listener::state::refuse(tcp_socket&& socket) {
  if (stats.refused_connections.fetch_add(1, std::memory_order_relaxed) % 1000 == 0)
    report(listener_event::connections_refused, "the limit of connections is reached");
  error_code ignored;
  socket.close(ignored);
}

listener::listener(listener_options options, actors::ingress& door, proto::keyring_ptr keys,
                   proto::replay_memory& replays)
    : state_(std::make_unique<state>(std::move(options), door, std::move(keys), replays)) {}

listener::~listener() { stop(); }

tl::expected<void, std::string> listener::start() {
  auto& s = *state_;
  if (auto loaded = s.load_tls(); !loaded) return loaded;
  try {
    for (unsigned i = 0; i < std::max(s.options.io_threads, 1U); ++i)
      s.workers.push_back(std::make_unique<io_worker>(s.around, s.keys, s.tls));
  } catch (const std::runtime_error& e) {
    return tl::unexpected(std::string(e.what()));
  }
  if (auto bound = s.bind(); !bound) {
    s.workers.clear();
    return bound;
  }
  s.accept();
  for (auto& w : s.workers) w->start();
  s.running = s.accepting = true;
  return {};
}

std::uint16_t listener::port() const noexcept { return state_->port; }

void listener::stop_accepting() {
  auto& s = *state_;
  if (!s.running || !s.accepting) return;
  s.accepting = false;
  admit_no_more(s.door->native_handle());
  std::this_thread::sleep_for(handshake_time);
  auto& context = s.workers.front()->context();
  std::promise<void> closed;
  asio::post(context, [&] {
    s.close_door();
    // Behind an acceptance that had ended when the door closed.
    asio::post(context, [&] { closed.set_value(); });
  });
  closed.get_future().wait();
}

bool listener::drain(std::chrono::steady_clock::time_point deadline) {
  auto& s = *state_;
  if (!s.running) return true;
  stop_accepting();
  s.on_each([](io_worker& w) { w.drain(); });
  const auto soon = [&](std::chrono::milliseconds time) {
    return std::min(deadline, std::chrono::steady_clock::now() + time);
  };
  const auto none_open = [&] { return s.stats.open.load() == 0; };
  if (!wait_until(soon(s.options.last_call), none_open)) s.on_each([](io_worker& w) { w.end_idle(); });
  const bool all_answered = wait_until(deadline, none_open);
  wait_until(soon(parting_time), [&] { return s.stats.parting.load() == 0; });
  return all_answered;
}

void listener::stop() {
  auto& s = *state_;
  if (!s.running) return;
  stop_accepting();
  for (auto& w : s.workers) w->stop();
  s.door.reset();
  s.pause.reset();
  s.workers.clear();
  s.running = false;
}

void listener::set_keys(const proto::keyring_ptr& keys) {
  state_->keys = keys;
  state_->on_each([keys](io_worker& w) { w.set_keys(keys); });
}

void listener::set_item_limits(const proto::item_limits& limits) {
  state_->on_each([limits](io_worker& w) { w.set_item_limits(limits); });
}

tl::expected<void, std::string> listener::reload_tls() {
  auto& s = *state_;
  if (!s.tls) return {};
  if (auto loaded = s.load_tls(); !loaded) return loaded;
  s.on_each([tls = s.tls](io_worker& w) { w.set_tls(tls); });
  return {};
}

const listener_stats& listener::stats() const noexcept { return state_->stats; }

}  // namespace authnz::net
