/// One request on its way: what was asked, and where the answer goes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "proto/call.hpp"
#include "proto/error.hpp"
#include "proto/trace.hpp"

namespace authnz::proto {

/// What goes back to the connection. With status 200 `text` is the answer's
/// JSON, still to be sealed; any other status has only its plain line.
struct reply {
  http_status status = http_status::unavailable;
  std::string text;
  std::uint32_t retry_after = 0;  ///< seconds, with 429 and 503
  code reason = code::none;       ///< with 200: why it is a failure, for whoever counts
};

/// The connection's side. Implementations may be called from any thread, at
/// any time, also after the peer has gone; they must not throw or block.
class reply_sink {
 public:
  virtual ~reply_sink() = default;
  /// `ticket` is the number that the sink gave the exchange.
  virtual void deliver(std::uint64_t ticket, reply&& answer) noexcept = 0;
};

/// One place among those that may be in flight at the same time; given back
/// when it is destroyed. The counter must outlive it.
class permit {
 public:
  permit() = default;
  /// Takes a place; empty when `limit` are taken.
  static permit take(std::atomic<std::uint32_t>& taken, std::uint32_t limit) noexcept;
  permit(permit&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  permit& operator=(permit&& other) noexcept;
  ~permit() { give_back(); }
  explicit operator bool() const noexcept { return taken_ != nullptr; }

 private:
  void give_back() noexcept;
  std::atomic<std::uint32_t>* taken_ = nullptr;
};

class exchange;

/// Is told of every answer, before it goes back, on the thread that gives it.
class answer_observer {
 public:
  virtual ~answer_observer() = default;
  virtual void answered(const exchange& ex, const reply& r) noexcept = 0;
};

/// Travels as one shared_ptr from actor to actor and is never copied. Whoever
/// holds it last without an answer makes the destructor answer 503, so no
/// client hangs when an actor dies.
class exchange {
 public:
  using clock = std::chrono::steady_clock;

  exchange(std::shared_ptr<reply_sink> sink, std::uint64_t ticket) noexcept;
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Sends the answer; every later one is ignored.
  void answer(reply&& r) noexcept;
  /// What the destructor sends in place of 503: for an answer that holds
  /// already (its effect is durable) but has some way to go yet.
  void settle(reply&& r) noexcept;
  bool answered() const noexcept { return sink_ == nullptr; }

  // Filled in by the connection before it passes the exchange on.
  call request;
  std::string reqid;     ///< JSON text, as it is echoed
  std::string client;    ///< client_ipaddr, as sent; empty if there was none
  std::string problems;  ///< JSON text of validation's findings; empty if none
  permit place;          ///< counts the exchange as in flight
  permit waiting;        ///< counts it as waiting in an actor's mailbox
  trace_ptr followed;    ///< null = nobody follows it
  clock::time_point arrived{};
  clock::time_point deadline = clock::time_point::max();  ///< work that has not begun by then is refused (503)
  answer_observer* observer = nullptr;                    ///< outlives the exchange

 private:
  std::shared_ptr<reply_sink> sink_;
  std::uint64_t ticket_;
  reply fallback_{http_status::unavailable, {}, 1};
};

using exchange_ptr = std::shared_ptr<exchange>;

}  // namespace authnz::proto
