#include "proto/exchange.hpp"

#include <utility>

namespace authnz::proto {

permit permit::take(std::atomic<std::uint32_t>& taken, std::uint32_t limit) noexcept {
  permit p;
  p.taken_ = &taken;
  if (taken.fetch_add(1, std::memory_order_relaxed) >= limit) p.give_back();
  return p;
}

permit& permit::operator=(permit&& other) noexcept {
  if (this != &other) {
    give_back();
    taken_ = std::exchange(other.taken_, nullptr);
  }
  return *this;
}

void permit::give_back() noexcept {
  if (auto* const taken = std::exchange(taken_, nullptr)) taken->fetch_sub(1, std::memory_order_relaxed);
}

exchange::exchange(std::shared_ptr<reply_sink> sink, std::uint64_t ticket) noexcept
    : sink_(std::move(sink)), ticket_(ticket) {}

exchange::~exchange() { answer(std::move(fallback_)); }

void exchange::answer(reply&& r) noexcept {
  const auto sink = std::exchange(sink_, nullptr);
  if (!sink) return;
  if (observer) observer->answered(*this, r);
  if (followed) {
    followed->status = r.status;
    followed->reason = r.reason;
    followed->mark(trace_step::answered);
  }
  sink->deliver(ticket_, std::move(r));
}

void exchange::settle(reply&& r) noexcept { fallback_ = std::move(r); }

}  // namespace authnz::proto
