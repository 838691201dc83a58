#include "net/cluster/peer_dials.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "net/cluster/link_address.hpp"
#include "net/dialling.hpp"
#include "net/link_context.hpp"

namespace authnz::net::cluster {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using actors::peer_door;

namespace {

using clock = tls_pipe::clock;
using endpoints = std::vector<tcp::endpoint>;
template <class T>
using outcome = tl::expected<T, std::string>;

constexpr std::chrono::milliseconds sweep_every{250};

/// Looks a host up. Nobody can end that early, so nobody waits for it: `then`
/// comes on another thread, perhaps much later.
void look_up(const link_address& a, std::function<void(outcome<endpoints>)> then) {
  error_code is_name;
  const auto address = asio::ip::make_address(a.host, is_name);
  if (!is_name) return then(endpoints{{address, a.port}});
  std::thread([a, then = std::move(then)] {
    asio::io_context context;
    tcp::resolver resolver(context);
    error_code failed;
    const auto found = resolver.resolve(a.host, std::to_string(a.port), tcp::resolver::numeric_service, failed);
    if (failed) return then(tl::unexpected("the host " + a.host + " is not known: " + failed.message()));
    endpoints all;
    for (const auto& one : found) all.push_back(one.endpoint());
    then(std::move(all));
  }).detach();
}

struct greeting {
  int socket;
  std::chrono::milliseconds longest;
  peer_identity self;
  std::string peer;
  peer_door own_door;
  std::function<void(outcome<peer_door>)> tell;
};

/// Says hello through a new link, and tells what came of it.
void greeter(caf::event_based_actor* self, const greeting& g) {
  const auto heard = [self, g](outcome<caf::strong_actor_ptr> published) {
    if (!published) return g.tell(tl::unexpected("does not greet in time: " + published.error()));
    if (!*published) return g.tell(tl::unexpected(std::string("is a node of another kind or version")));
    const auto door = caf::actor_cast<peer_door>(*published);
    self->request(door, g.longest, actors::hello_atom::value, actors::peer_protocol, g.self.cluster, g.self.node,
                  g.self.session, caf::actor_cast<caf::actor>(g.own_door))
        .then(
            [g, door](const std::string& name) {
              if (name != g.peer) return g.tell(tl::unexpected("says that it is node " + name));
              g.tell(door);
            },
            [g](const caf::error& why) { g.tell(tl::unexpected(caf::actor_system_config::render(why))); });
  };
  // What all builds understand.
  greet(self, g.socket, g.longest, self->system().message_types<actors::first_peer_door>(), heard);
}

}  // namespace

struct peer_dials::state : std::enable_shared_from_this<state> {
  using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, tls_pipe::executor>;

  state(caf::actor_system& s, peer_doors& d, peer_identity i, peer_pace p, dial_events e)
      : system(s), doors(d), self(std::move(i)), pace(p), events(std::move(e)) {}

  void sweep();
  void set_targets(const std::map<std::string, std::string>& targets);
  /// Runs on the thread, if there still is one. From any thread.
  void post(std::function<void()> job) { asio::post(context, std::move(job)); }

  caf::actor_system& system;
  peer_doors& doors;
  const peer_identity self;
  const peer_pace pace;
  const dial_events events;
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<tls_pipe::executor>> work{context.get_executor()};
  timer sweeping{context};
  std::shared_ptr<asio::ssl::context> tls;
  std::map<std::string, std::shared_ptr<line>> lines;
  std::thread thread;
};

/// The link to one peer, or the way to it.
class peer_dials::line : public std::enable_shared_from_this<line> {
 public:
  line(state& s, std::string node) : all_(s), node_(std::move(node)), pause_(s.pace.first_pause), again_(s.context) {}

  void set_address(const std::string& address) { address_ = address; }
  void dial();
  void sweep();
  void close();

 private:
  void connect(outcome<endpoints> where);
  void reached(std::shared_ptr<tls_pipe> pipe);
  void greeted(outcome<peer_door> result);
  void fail(const std::string& why);
  void let_go();
  /// Calls on this thread, unless another try has begun meanwhile, or all is over.
  template <class Result>
  std::function<void(Result)> if_current(void (line::*then)(Result));

  state& all_;
  const std::string node_;
  std::string address_;
  std::chrono::milliseconds pause_;
  state::timer again_;
  std::uint64_t try_ = 0;
  std::shared_ptr<dialling> dialling_;
  std::shared_ptr<tls_pipe> pipe_;
  caf::actor greeter_;
  std::optional<clock::time_point> up_since_;
  std::string told_;
};

template <class Result>
std::function<void(Result)> peer_dials::line::if_current(void (line::*then)(Result)) {
  return [everything = all_.weak_from_this(), me = weak_from_this(), now = try_, then](Result result) {
    const auto there = everything.lock();
    if (!there) return;
    there->post([me, now, then, result = std::move(result)]() mutable {
      const auto still = me.lock();
      if (still && still->try_ == now) ((*still).*then)(std::move(result));
    });
  };
}

void peer_dials::line::dial() {
  ++try_;
  if (const auto where = parse_link_address(address_))
    look_up(*where, if_current(&line::connect));
  else
    fail(address_.empty() ? "it listens for no links; set its clusterport" : "its address is none: " + address_);
}

void peer_dials::line::connect(outcome<endpoints> where) {
  if (!where) return fail(where.error());
  // Who it is the name in its certificate tells, wherever it is.
  dial_wish wish{std::move(*where), {}, all_.tls, all_.pace.step, all_.pace.step};
  dialling_ = dialling::start(all_.context, std::move(wish), [this](auto result) {
    dialling_ = nullptr;
    result ? reached(std::move(*result)) : fail(text_of(result.error()));
  });
}

void peer_dials::line::reached(std::shared_ptr<tls_pipe> pipe) {
  pipe_ = std::move(pipe);
  const auto name = pipe_->peer_name();
  if (name != node_) return fail("shows the certificate of node " + name);
  const auto own_door = all_.doors.of(node_);
  const auto inside = pipe_->carry_for_another(
      {.door = own_door.id()}, [this](const error_code& ec) { fail("the link ended: " + ec.message()); });
  if (!inside) return fail("a link needs two descriptors more: " + inside.error().message());
  all_.doors.set_greeted(node_, true);
  greeter_ = all_.system.spawn<caf::hidden>(
      greeter, greeting{*inside, all_.pace.step, all_.self, node_, own_door, if_current(&line::greeted)});
}

void peer_dials::line::greeted(outcome<peer_door> result) {
  greeter_ = nullptr;
  if (!result) {
    all_.doors.set_greeted(node_, false);
    return fail(result.error());
  }
  up_since_ = clock::now();
  told_.clear();
  all_.events.up(node_, *result);
}

void peer_dials::line::fail(const std::string& why) {
  // A link that held for a while is worth a quick try.
  const bool held = up_since_ && clock::now() - *up_since_ > all_.pace.longest_pause;
  const auto pause = held ? all_.pace.first_pause : pause_;
  pause_ = std::min(pause * 2, all_.pace.longest_pause);
  let_go();
  if (std::exchange(told_, why) != why) all_.events.failed(node_, why);
  again_.expires_after(pause);
  again_.async_wait([me = weak_from_this(), now = try_](const error_code& stopped) {
    // One that was due already when it was cancelled comes all the same.
    const auto still = stopped ? nullptr : me.lock();
    if (still && still->try_ == now) still->dial();
  });
}

void peer_dials::line::let_go() {
  ++try_;
  if (const auto under_way = std::exchange(dialling_, nullptr)) under_way->cancel();
  if (const auto pipe = std::exchange(pipe_, nullptr)) pipe->close();
  if (greeter_) caf::anon_send_exit(greeter_, caf::exit_reason::user_shutdown);
  greeter_ = nullptr;
  if (std::exchange(up_since_, std::nullopt)) all_.events.down(node_);
}

void peer_dials::line::sweep() {
  if (pipe_ && clock::now() - pipe_->stalled_since() > all_.pace.silence) fail("is silent");
}

void peer_dials::line::close() {
  again_.cancel();
  let_go();
}

void peer_dials::state::sweep() {
  for (const auto& [node, l] : lines) l->sweep();
  sweeping.expires_after(sweep_every);
  sweeping.async_wait([this](const error_code& stopped) {
    // One that was due already when it was cancelled comes all the same.
    if (!stopped && work) sweep();
  });
}

void peer_dials::state::set_targets(const std::map<std::string, std::string>& targets) {
  std::erase_if(lines, [&](const auto& one) {
    if (targets.contains(one.first)) return false;
    one.second->close();
    doors.forget(one.first);
    return true;
  });
  for (const auto& [node, address] : targets) {
    auto& found = lines[node];
    const bool is_new = !found;
    if (is_new) found = std::make_shared<line>(*this, node);
    found->set_address(address);
    if (is_new) found->dial();
  }
}

peer_dials::peer_dials(std::shared_ptr<state> s) : state_(std::move(s)) {}
peer_dials::~peer_dials() { stop(); }

outcome<std::unique_ptr<peer_dials>> peer_dials::open(caf::actor_system& system, peer_doors& doors, peer_identity self,
                                                      const link_identity& identity, peer_pace pace,
                                                      dial_events events) {
  auto tls = make_link_context(identity, link_end::tool);
  if (!tls) return tl::unexpected(tls.error());
  auto made = std::make_shared<state>(system, doors, std::move(self), pace, std::move(events));
  made->tls = std::move(*tls);
  made->sweep();
  made->thread = std::thread([&s = *made] { s.context.run(); });
  return std::unique_ptr<peer_dials>(new peer_dials(std::move(made)));
}

void peer_dials::set_targets(std::map<std::string, std::string> targets) {
  state_->post([s = state_.get(), targets = std::move(targets)] {
    if (s->work) s->set_targets(targets);
  });
}

outcome<void> peer_dials::set_identity(const link_identity& identity) {
  auto tls = make_link_context(identity, link_end::tool);
  if (!tls) return tl::unexpected(tls.error());
  state_->post([s = state_.get(), made = std::move(*tls)] { s->tls = made; });
  return {};
}

void peer_dials::stop() {
  auto& s = *state_;
  if (!s.thread.joinable()) return;
  s.post([&s] {
    s.work.reset();
    s.sweeping.cancel();
    for (const auto& [node, l] : s.lines) l->close();
    s.lines.clear();
  });
  // All that it waited for has ended then.
  s.thread.join();
}

}  // namespace authnz::net::cluster
