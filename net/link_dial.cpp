#include "net/link_dial.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "net/dialling.hpp"
#include "net/link_broker.hpp"
#include "net/link_context.hpp"
#include "net/tls_pipe.hpp"

namespace authnz::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

struct links_only : caf::actor_system_config {
  links_only() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
    load_links(*this);
  }
};

/// What OpenSSL says of the node's certificate.
std::string judge(long verdict, const std::string& where) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the certificate of the node at " + where +
             " has expired; renew it there (authnzctl certs renew node) and send the node SIGHUP";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the certificate of the node at " + where + " is not valid yet; look at the clocks of both hosts";
    case X509_V_ERR_INVALID_PURPOSE:
      return "what answers at " + where +
             " is no node: it shows a certificate that is not for servers; do not trust it";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate of the node at " + where +
             " was not made for this host; use a name that it was made for (authnzctl certs list shows them), or issue "
             "it another: authnzctl certs issue node --host";
    default:
      return "what answers at " + where + " has no certificate of our authority (" +
             X509_verify_cert_error_string(verdict) + "); is it the right node, and --certs its directory?";
  }
}

/// What the node says of our certificate, or why there is no TLS.
std::string explain(const error_code& ec, const std::string& where) {
  if (ec.category() == asio::error::get_ssl_category()) {
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
    switch (reason) {
      case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "the node at " + where +
               " refuses our certificate: it has expired; renew it with: authnzctl certs renew";
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "the node at " + where + " refuses our certificate: another authority made it; is --certs right?";
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "the node at " + where +
               " refuses our certificate; have another one issued: authnzctl certs issue admin";
      default: break;
    }
  }
  return "what answers at " + where + " does not speak as a node's admin link does (" + ec.message() +
         "); is it the adminport?";
}

std::string explain(const dial_failure& f, const std::string& where) {
  using enum dial_failure::step;
  switch (f.at) {
    case connect:
      return "the node at " + where + " cannot be reached: " + f.why.message() +
             "; does it run, and is its adminport set to this port?";
    case connect_too_late:
      return "the node at " + where + " cannot be reached: no answer; look at --node and at firewalls";
    case handshake_too_late:
      return "what answers at " + where +
             " does not finish the TLS handshake; is the node stopped or overloaded, or is this not its adminport?";
    case handshake: break;
  }
  return f.judged == X509_V_OK ? explain(f.why, where) : judge(f.judged, where);
}

using answer = tl::expected<std::string, no_answer>;

/// Where an answer is waited for, and the end of the link with it.
class waiting_room {
 public:
  void give(answer a) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(a);
    changed_.notify_all();
  }
  void end(const error_code& why) {
    const std::lock_guard lock(mutex_);
    ended_ = why;
    changed_.notify_all();
  }
  std::optional<error_code> ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  /// The end of the link may be known a little later than what comes of it.
  std::optional<error_code> ended_within(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return ended_.has_value(); });
    return ended_;
  }
  /// Nothing when neither comes in time.
  std::optional<answer> take(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return answer_ || ended_; });
    return std::exchange(answer_, std::nullopt);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<answer> answer_;
  std::optional<error_code> ended_;
};
using waiting_ptr = std::shared_ptr<waiting_room>;

answer refused_by(const caf::error& why) {
  if (why == caf::sec::request_timeout) return tl::unexpected(no_answer{no_answer::kind::too_late, {}});
  return tl::unexpected(no_answer{no_answer::kind::refused, caf::actor_system_config::render(why)});
}

/// Asks, and takes the answer to whoever waits.
template <class... Texts>
void asker(caf::event_based_actor* self, const actors::inspection_door& door, const waiting_ptr& room,
           std::chrono::milliseconds longest, const Texts&... texts) {
  self->request(door, longest, texts...)
      .then([room](std::string& text) { room->give(std::move(text)); },
            [room](const caf::error& why) { room->give(refused_by(why)); });
}

}  // namespace

struct link_dial::state {
  tl::expected<void, std::string> reach(const link_identity& identity, const dial_options& o);
  tl::expected<void, std::string> enter(const dial_options& o);
  template <class... Texts>
  answer call(std::chrono::milliseconds longest, const Texts&... texts);
  void stop();

  links_only config;
  std::optional<caf::actor_system> system;
  asio::io_context context{1};
  std::shared_ptr<tls_pipe> pipe;
  std::string where;
  actors::inspection_door door;
  const waiting_ptr room = std::make_shared<waiting_room>();
  std::thread thread;
};

tl::expected<void, std::string> link_dial::state::reach(const link_identity& identity, const dial_options& o) {
  where = (o.host.find(':') == std::string::npos ? o.host : "[" + o.host + "]") + ":" + std::to_string(o.port);
  error_code failed;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(o.host, std::to_string(o.port), tcp::resolver::numeric_service, failed);
  if (failed) return tl::unexpected("the host " + o.host + " is not known: " + failed.message() + "; look at --node");
  auto tls = make_link_context(identity, link_end::tool);
  if (!tls) return tl::unexpected(tls.error());
  dial_wish wish{{}, o.host, std::move(*tls), o.longest_connect, o.longest_handshake};
  for (const auto& one : found) wish.where.push_back(one.endpoint());
  tl::expected<void, std::string> result;
  const auto dialled = dialling::start(context, std::move(wish), [&](auto reached) {
    if (reached)
      pipe = std::move(*reached);
    else
      result = tl::unexpected(explain(reached.error(), where));
  });
  context.run();
  return result;
}

tl::expected<void, std::string> link_dial::state::enter(const dial_options& o) {
  const auto inside =
      pipe->carry_for_another({.longest_message = UINT32_MAX}, [room = room](const error_code& ec) { room->end(ec); });
  if (!inside) return tl::unexpected("a link needs two descriptors more: " + inside.error().message());
  thread = std::thread([this] {
    context.restart();
    context.run();
  });
  system.emplace(config);
  const auto greeted = greet(*system, *inside, o.longest_greeting);
  if (greeted && *greeted) {
    door = *greeted;
    return {};
  }
  if (greeted) return tl::unexpected("what answers at " + where + " is a node of another kind or version");
  // With TLS 1.3 a client learns only now that the server refused it.
  if (const auto why = room->ended_within(std::chrono::milliseconds(100))) return tl::unexpected(explain(*why, where));
  return tl::unexpected("the node at " + where + " says nothing in time (" + greeted.error() +
                        "); is it stopped or overloaded?");
}

void link_dial::state::stop() {
  if (pipe) asio::post(context, [p = pipe] { p->close(); });
  if (thread.joinable()) thread.join();
  door = nullptr;
  system.reset();
}

link_dial::link_dial(std::unique_ptr<state> s) : state_(std::move(s)) {}
link_dial::~link_dial() { state_->stop(); }

tl::expected<std::unique_ptr<link_dial>, std::string> link_dial::open(const link_identity& identity,
                                                                      const dial_options& options) {
  std::unique_ptr<link_dial> made(new link_dial(std::make_unique<state>()));
  auto& s = *made->state_;
  const auto done = s.reach(identity, options).and_then([&] { return s.enter(options); });
  if (!done) return tl::unexpected(done.error());
  return made;
}

template <class... Texts>
answer link_dial::state::call(std::chrono::milliseconds longest, const Texts&... texts) {
  using enum no_answer::kind;
  const auto is_lost = [&] {
    return tl::unexpected(
        no_answer{lost, "the link to the node at " + where + " was lost; is the node still running?"});
  };
  if (room->ended()) return is_lost();
  const auto asking = system->spawn(asker<Texts...>, door, room, longest, texts...);
  // The actor's own time-out comes first.
  auto given = room->take(longest + std::chrono::seconds(1));
  // Nobody waits for it any more, and a system ends only after its actors.
  caf::anon_send_exit(asking, caf::exit_reason::user_shutdown);
  if (!given && room->ended()) return is_lost();
  if (given && (*given || given->error().what == refused)) {
    if (!*given && room->ended()) return is_lost();
    return std::move(*given);
  }
  return tl::unexpected(no_answer{too_late, "the node at " + where +
                                                " does not answer in time; is it stopped or overloaded? --timeout "
                                                "lets it take longer"});
}

link_dial::answer link_dial::hello(std::uint16_t version, const std::string& who, std::chrono::milliseconds longest) {
  return state_->call(longest, actors::hello_atom::value, version, who);
}

link_dial::answer link_dial::ask(const std::string& question, const std::string& arguments, const std::string& who,
                                 std::chrono::milliseconds longest) {
  return state_->call(longest, actors::ask_atom::value, question, arguments, who);
}

bool link_dial::holds() const { return !state_->room->ended(); }

}  // namespace authnz::net
