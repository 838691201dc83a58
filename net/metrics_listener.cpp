#include "net/metrics_listener.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <list>
#include <thread>

#include "net/allowed_hosts.hpp"
#include "net/health_text.hpp"
#include "net/http_answer.hpp"
#include "net/http_request.hpp"
#include "net/open_port.hpp"
#include "net/socket_connection.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using proto::http_status;

namespace {

using timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

constexpr std::chrono::milliseconds accept_pause{200};
constexpr std::size_t read_size = 4096;
constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

struct surroundings {
  const metrics_listener_options options;
  const metrics_sources sources;
  const allowed_hosts hosts{options.allowed_hosts};
};

std::string answer_to(const http_request& request, const surroundings& around) {
  answer_head head{.status = request.refusal().value_or(http_status::ok),
                   .json = false,
                   .close = true,
                   .allow = "GET, HEAD",
                   .date = {}};
  std::string body;
  if (head.status == http_status::ok) {
    switch (request.leads_to()) {
      case route::metrics:
        head.type = exposition_type;
        try {
          body = around.sources.metrics();
        } catch (const std::exception&) {
          head = {.status = http_status::internal_error, .close = true, .allow = {}, .date = {}};
        }
        break;
      case route::health_ready: {
        const auto reason = around.sources.not_ready();
        if (reason) head.status = http_status::unavailable;
        body = readiness_text(reason);
        head.json = true;
        break;
      }
      default: body = liveness_text; head.json = true;
    }
  }
  if (body.empty()) body = proto::plain_text(head.status);
  const auto date = http_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  head.date = date;
  std::string text;
  append_answer(text, head, body, request.is_head());
  return text;
}

/// One connection: one request, one answer. Operations under way keep it alive.
class visit : public std::enable_shared_from_this<visit> {
 public:
  visit(const surroundings& around, tcp_socket&& socket)
      : around_(around),
        socket_(std::move(socket)),
        patience_(socket_.get_executor()),
        input_(around.options.max_header + read_size),
        request_(around.hosts, around.options.max_header, 0, body_, audience::operators) {}

  /// `ended` is called once, unless it is closed from outside before.
  void begin(std::function<void()> ended) {
    ended_ = std::move(ended);
    patience_.expires_after(around_.options.longest);
    patience_.async_wait([me = shared_from_this()](const error_code& ec) {
      if (!ec) me->end();
    });
    read();
  }

  void close() {
    ended_ = nullptr;
    patience_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void end() {
    if (const auto ended = std::exchange(ended_, nullptr)) {
      close();
      ended();
    }
  }

  void read() {
    socket_.async_read_some(input_.prepare(std::min(read_size, input_.max_size() - input_.size())),
                            [me = shared_from_this()](const error_code& ec, std::size_t n) {
                              if (ec) return me->end();
                              me->input_.commit(n);
                              me->read_on();
                            });
  }

  void read_on() {
    error_code ec;
    input_.consume(request_.put(input_.cdata(), ec));
    if (ec == boost::beast::http::error::need_more && input_.size() < input_.max_size()) ec = {};
    if (ec) request_.malformed();
    // The body of what is refused anyway is not waited for.
    if (!ec && !request_.is_header_done()) return read();
    output_ = answer_to(request_, around_);
    asio::async_write(socket_, asio::buffer(output_), [me = shared_from_this()](const error_code& failed, std::size_t) {
      if (failed) return me->end();
      error_code ignored;
      me->socket_.shutdown(asio::socket_base::shutdown_send, ignored);
      me->discard();
    });
  }

  // To close while the peer still sends would reset the connection and could
  // take away the answer before the peer has read it.
  void discard() {
    input_.clear();
    socket_.async_read_some(input_.prepare(read_size), [me = shared_from_this()](const error_code& ec, std::size_t) {
      if (ec) return me->end();
      me->discard();
    });
  }

  const surroundings& around_;
  tcp_socket socket_;
  timer patience_;
  boost::beast::flat_buffer input_;
  std::string body_;
  std::string output_;
  http_request request_;
  std::function<void()> ended_;
};

}  // namespace

struct metrics_listener::state {
  state(metrics_listener_options o, metrics_sources s) : around{std::move(o), std::move(s)} {}

  surroundings around;
  asio::io_context context{1};
  std::unique_ptr<tcp_acceptor> door;
  timer pause{context};
  std::list<std::shared_ptr<visit>> visits;  // the oldest first
  std::uint16_t port = 0;
  std::thread thread;

  void accept() {
    if (!door->is_open()) return;
    door->async_accept(context, [this](const error_code& ec, tcp_socket socket) {
      if (!door->is_open()) return;
      if (ec) return accept_later();
      admit(std::move(socket));
      accept();
    });
  }

  // Most likely no descriptor is left; to try again at once would only spin.
  void accept_later() {
    pause.expires_after(accept_pause);
    pause.async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
  }

  void admit(tcp_socket&& socket) {
    if (visits.size() >= around.options.max_connections) {
      visits.front()->close();
      visits.pop_front();
    }
    const auto at = visits.insert(visits.end(), std::make_shared<visit>(around, std::move(socket)));
    (*at)->begin([this, at] { visits.erase(at); });
  }

  // Without work left, the thread ends by itself.
  void close_all() {
    error_code ignored;
    door->close(ignored);
    pause.cancel();
    for (const auto& v : visits) v->close();
    visits.clear();
  }
};

metrics_listener::metrics_listener(metrics_listener_options options, metrics_sources sources)
    : state_(std::make_unique<state>(std::move(options), std::move(sources))) {}

metrics_listener::~metrics_listener() { stop(); }

tl::expected<void, std::string> metrics_listener::start() {
  auto& s = *state_;
  auto opened = open_port(s.context, s.around.options.address, s.around.options.port, "metricslisten");
  if (!opened) return tl::unexpected("metrics: " + opened.error());
  error_code ec;
  s.port = opened->local_endpoint(ec).port();
  s.door = std::make_unique<tcp_acceptor>(std::move(*opened));
  s.accept();
  s.thread = std::thread([&s] { s.context.run(); });
  return {};
}

std::uint16_t metrics_listener::port() const noexcept { return state_->port; }

void metrics_listener::stop() {
  auto& s = *state_;
  if (!s.thread.joinable()) return;
  asio::post(s.context, [&s] { s.close_all(); });
  s.thread.join();
}

}  // namespace authnz::net
