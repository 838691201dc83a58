/// What the listener's tests stand on: actors that behave as the request says,
/// and a client that speaks raw HTTP.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "net/listener.hpp"
#include "proto/envelope.hpp"
#include "proto/replay_memory.hpp"

namespace authnz::net::test {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

/// Reads from the session token what to do: `echo` answers at once, `keep`
/// waits until the test releases it, `drop` is forgotten, `limit` is refused.
class scripted_door final : public actors::ingress {
 public:
  void submit(proto::exchange_ptr&& ex) noexcept override {
    if (!ex->problems.empty()) return ex->answer({proto::http_status::ok, R"({"problems":)" + ex->problems + "}"});
    const auto what = ex->request.text("session_token");
    if (what == "drop") return;
    if (what == "limit") return ex->answer({proto::http_status::too_many_requests, {}, 7});
    if (what == "keep") {
      const std::scoped_lock lock(mutex_);
      kept_.push_back(std::move(ex));
      return changed_.notify_all();
    }
    answer(*ex);
  }

  void check_health(std::function<void(const actors::health_report&)> done) override {
    std::thread([done = std::move(done), ok = healthy.load()] {
      done({ok, {{"session", "ok"}, {"user", ok ? "ok" : "no answer"}}, 0.25});
    }).detach();
  }
  std::optional<std::string> not_ready() const override {
    return ready ? std::nullopt : std::optional<std::string>("starting");
  }
  bool is_leaving() const noexcept override { return leaving; }
  bool needs_client_address() const noexcept override { return false; }

  static void answer(proto::exchange& ex) { ex.answer({proto::http_status::ok, R"({"reqid":)" + ex.reqid + "}"}); }

  /// Waits until `n` exchanges are kept, and takes them.
  std::vector<proto::exchange_ptr> take_kept(std::size_t n) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 5s, [&] { return kept_.size() >= n; })) << "requests did not arrive";
    return std::exchange(kept_, {});
  }

  std::atomic<bool> ready{true};
  std::atomic<bool> leaving{false};
  std::atomic<bool> healthy{true};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<proto::exchange_ptr> kept_;
};

struct http_reply {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;
};

/// Every reading gives up after 5 s. Status 0 = the server closed.
template <class Stream = tcp::socket>
class raw_client {
 public:
  template <class... Args>
  explicit raw_client(std::uint16_t port, Args&... args) : stream_(context_, args...) {
    lowest().connect({asio::ip::address_v4::loopback(), port});
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    asio::write(stream_, asio::buffer(bytes), ignored);
  }
  void finish_sending() { lowest().shutdown(tcp::socket::shutdown_send); }
  void close() { lowest().close(); }

  http_reply receive(bool with_body = true) {
    http_reply r;
    std::string line = read_line();
    if (line.size() < 12) return r;
    r.status = std::stoi(line.substr(9, 3));
    while (!(line = read_line()).empty()) {
      const auto colon = line.find(": ");
      auto name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      r.fields[name] = line.substr(colon + 2);
    }
    if (!with_body || !r.fields.contains("content-length")) return r;
    const auto length = std::stoul(r.fields["content-length"]);
    while (input_.size() < length && read_some()) {
    }
    r.body = input_.substr(0, length);
    input_.erase(0, length);
    return r;
  }

  http_reply ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }

  /// Whether the server ends the connection, within 5 s.
  bool sees_end() {
    while (read_some()) {
    }
    return ended_;
  }

  Stream& stream() { return stream_; }

 private:
  tcp::socket::lowest_layer_type& lowest() { return stream_.lowest_layer(); }

  bool read_some() {
    std::array<char, 8192> buffer{};
    boost::system::error_code ec = asio::error::timed_out;
    stream_.async_read_some(asio::buffer(buffer), [&](const boost::system::error_code& result, std::size_t n) {
      input_.append(buffer.data(), n);
      ended_ = ended_ || (result && result != asio::error::operation_aborted);
      ec = result;
    });
    context_.restart();
    if (context_.run_for(5s) == 0 || ec == asio::error::timed_out) {
      lowest().cancel();
      context_.run();
    }
    return !ec;
  }

  std::string read_line() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos)
      if (!read_some()) return {};
    auto line = input_.substr(0, end);
    input_.erase(0, end + 2);
    return line;
  }

  asio::io_context context_;
  Stream stream_;
  std::string input_;
  bool ended_ = false;
};

using client = raw_client<>;

inline listener_options quick_options() {
  listener_options o;
  o.port = 0;
  return o;
}

inline proto::keyring_ptr make_keyring(std::string_view text) {
  auto made = proto::keyring::parse(text);
  EXPECT_TRUE(made) << made.error();
  return made.value();
}

/// A running listener on a free port, and the frontend's side of its envelopes.
struct rig {
  explicit rig(listener_options o = quick_options()) : server(std::move(o), door, keys, replays) {
    const auto started = server.start();
    EXPECT_TRUE(started) << started.error();
  }
  std::uint16_t port() const { return server.port(); }

  std::string sealed_text(std::string_view payload) {
    std::string out;
    EXPECT_TRUE(frontend.seal(payload, keys->keys().front(), std::time(nullptr), out));
    return out;
  }
  std::string sealed(std::string_view token, int reqid = 1) {
    return sealed_text(R"({"request":"session-exists","body":{"session_token":")" + std::string(token) +
                       R"("},"reqid":)" + std::to_string(reqid) + "}");
  }
  std::string opened(std::string_view body) {
    const auto text = frontend.open(body);
    return text ? std::string(text->payload) : "not sealed: " + std::string(body);
  }

  scripted_door door;
  proto::keyring_ptr keys = make_keyring("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  proto::envelope frontend{keys};
  proto::replay_memory replays{60, 0};
  listener server;
};

inline std::string post(std::string_view body, std::string_view fields = "") {
  return "POST / HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string get(std::string_view path, std::string_view host = "localhost") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

}  // namespace authnz::net::test
