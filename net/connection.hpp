/// One client's connection: reads requests, lets the io worker act on them,
/// and sends the answers in the requests' order, each burst in one write.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "net/http_request.hpp"
#include "proto/exchange.hpp"
#include "proto/keyring.hpp"

namespace authnz::net {

class io_worker;

/// An answer that is on its way, or waits for those before it.
struct answer_slot {
  enum class kind : std::uint8_t { plain, sealed, json, interim };
  kind what = kind::plain;
  bool ready = false;
  bool close = false;         ///< the connection ends with it
  bool without_body = false;  ///< to HEAD
  route asked = route::nowhere;
  proto::reply answer;
  proto::key_ptr key;              ///< sealed: the request's
  proto::trace_ptr followed = {};  ///< sealed: null = nobody follows the request
  std::uint64_t ticket = 0;        ///< while not ready
};

/// Belongs to one io thread. The streams derive from it: this part knows
/// bytes, they know sockets. Kept alive by its worker until closed, and by
/// operations under way.
class connection : public std::enable_shared_from_this<connection> {
 public:
  using clock = std::chrono::steady_clock;
  using error_code = boost::system::error_code;

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  virtual ~connection() = default;

  /// Begins to serve; with TLS, to shake hands.
  virtual void open() = 0;
  /// Fills in an answer; `pump` sends it.
  void settle(std::uint64_t position, proto::reply&& answer);
  /// Does all that can be done now: parse, answer, read on.
  void pump();
  /// Ends it if it has been too slow. Called at each sweep.
  void check_time(clock::time_point now);
  /// Now, unless a request has begun to arrive or waits for its answer.
  void end_when_idle();
  /// At once, whatever is under way. The worker forgets it.
  void close();

  // The worker's own notes.
  std::size_t place = 0;  ///< in its list
  bool parts = false;     ///< counts as parting, not as open

 protected:
  explicit connection(io_worker& worker);

  void begin();
  void handshake_failed(const error_code& ec);
  void received(const error_code& ec, std::size_t bytes);
  void sent(const error_code& ec);
  void said_goodbye();
  void discarded(const error_code& ec);
  void limit_time(std::chrono::milliseconds time);
  io_worker& worker() noexcept { return worker_; }

 private:
  enum class phase : std::uint8_t { idle, head, body, waiting };

  // Each begins one operation that ends in the function of its past tense.
  virtual void read_some(boost::asio::mutable_buffer into) = 0;
  virtual void send_all(boost::asio::const_buffer bytes) = 0;
  virtual void say_goodbye() = 0;
  virtual void stop_reading() noexcept = 0;
  virtual void discard_some(boost::asio::mutable_buffer into) = 0;
  virtual void close_socket() noexcept = 0;
  virtual bool has_unread() noexcept = 0;

  void parse();
  bool parse_some();
  void invite_body();
  void request_is_complete();
  void refuse(bool close);
  answer_slot& add_slot(answer_slot::kind what);
  void flush();
  void end_if_idle();
  bool is_ending() const noexcept;
  bool is_last_answer() const noexcept;
  void append(answer_slot& slot);
  void break_off();
  void read_more();
  void watch_phase();
  void finish();
  void discard();
  bool may_take_more() const noexcept;

  io_worker& worker_;
  boost::beast::flat_buffer input_;
  std::string body_;
  std::string output_;
  std::optional<http_request> request_;
  std::deque<answer_slot> slots_;
  std::uint64_t first_position_ = 0;  // of slots_.front()
  std::uint64_t begun_ = 0;           // requests
  std::uint64_t phase_of_ = 0;        // begun_ when phase_ was entered
  clock::time_point read_deadline_ = clock::time_point::max();
  clock::time_point write_deadline_ = clock::time_point::max();
  phase phase_ = phase::waiting;
  bool open_ = false;  // hands are shaken
  bool reading_ = false;
  bool writing_ = false;
  bool invited_ = false;    // 100 Continue was said
  bool closing_ = false;    // takes no more requests
  bool ending_ = false;     // closes when idle
  bool peer_done_ = false;  // the peer sends no more
  bool leaving_ = false;    // says goodbye
  bool said_goodbye_ = false;
  bool in_step_ = false;  // the peer has said that it sends no more
  bool closed_ = false;
};

}  // namespace authnz::net
