#include "proto/exchange.hpp"

#include <utility>

namespace authnz::proto {

exchange::exchange(std::shared_ptr<reply_sink> sink, std::uint64_t ticket) noexcept
    : sink_(std::move(sink)), ticket_(ticket) {}

exchange::~exchange() { answer(std::move(fallback_)); }

void exchange::answer(reply&& r) noexcept {
  if (const auto sink = std::exchange(sink_, nullptr)) sink->deliver(ticket_, std::move(r));
}

void exchange::settle(reply&& r) noexcept { fallback_ = std::move(r); }

}  // namespace authnz::proto
