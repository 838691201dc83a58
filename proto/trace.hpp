/// One request's story: which step it reached when. Written only for requests
/// that somebody follows; all others carry a null pointer.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proto/error.hpp"
#include "proto/requests.hpp"
#include "proto/time.hpp"

namespace authnz::proto {

enum class trace_step : std::uint8_t {
  read,       ///< the whole body is here
  opened,     ///< the envelope is open, the token fresh and new
  validated,  ///< the items are what the table wants, or are not
  limited,    ///< counted by the rate limiter
  begun,      ///< its decider has it
  queued,     ///< behind other attempts on the same account
  decided,    ///< a decision has run; again after every fact and every conflict
  hashed,     ///< a password was computed
  looked_up,  ///< the list of breached passwords was asked
  committed,  ///< the journal has synced
  sent,       ///< the attempt to send a message has ended
  answered,   ///< on its way back
  sealed,     ///< ready to be written
  count_
};

constexpr std::string_view name(trace_step s) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(trace_step::count_)> names{
      "read",   "opened",    "validated", "limited", "begun",    "queued", "decided",
      "hashed", "looked-up", "committed", "sent",    "answered", "sealed"};
  return names[static_cast<std::size_t>(s)];
}

/// Belongs to whoever has the exchange; handed on with it, never shared.
class trace {
 public:
  using clock = std::chrono::steady_clock;
  struct stamp {
    trace_step step;
    clock::time_point at;
  };
  static constexpr std::size_t most_stamps = 48;  ///< those of later steps are counted, not kept

  void mark(trace_step step, clock::time_point at = clock::now()) noexcept {
    if (count_ < most_stamps)
      stamps_[count_++] = {step, at};
    else
      ++lost_;
  }
  const stamp* begin() const noexcept { return stamps_.data(); }
  const stamp* end() const noexcept { return stamps_.data() + count_; }
  std::uint32_t lost() const noexcept { return lost_; }

  request kind{};
  std::string reqid;   ///< JSON text
  std::string client;  ///< as sent
  timestamp began{};   ///< wall clock, of the first stamp
  http_status status = http_status::unavailable;
  code reason = code::none;
  std::uint32_t tries = 0;  ///< conflicts at commit

 private:
  std::array<stamp, most_stamps> stamps_{};
  std::size_t count_ = 0;
  std::uint32_t lost_ = 0;
};

/// Its deleter keeps the story for whoever asked for it.
using trace_ptr = std::shared_ptr<trace>;

inline void mark(const trace_ptr& t, trace_step step) noexcept {
  if (t) t->mark(step);
}

}  // namespace authnz::proto
