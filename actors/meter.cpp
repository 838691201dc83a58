#include "actors/meter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace authnz::actors {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// Eight places an octave.
constexpr unsigned fraction_bits = 3;
constexpr std::uint64_t longest = 0xFFFFFFFF;

constexpr std::size_t place_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const auto shift = width > fraction_bits + 1 ? width - (fraction_bits + 1) : 0;
  return (std::size_t{shift} << fraction_bits) + static_cast<std::size_t>(value >> shift);
}

constexpr std::uint64_t upper_end(std::size_t place) {
  if (place < 2U << fraction_bits) return place;
  const auto shift = (place >> fraction_bits) - 1;
  const auto leading = place - (shift << fraction_bits);
  return ((leading + 1) << shift) - 1;
}

static_assert(place_of(longest) == histogram::places - 1 && upper_end(histogram::places - 1) == longest);
static_assert(place_of(15) == 15 && place_of(16) == 16 && place_of(17) == 16 && upper_end(16) == 17);

}  // namespace

void histogram::add(std::chrono::microseconds duration) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  counts_[place_of(std::min(value, longest))].fetch_add(1, relaxed);
}

histogram::counts histogram::read() const noexcept {
  counts copy{};
  for (std::size_t i = 0; i < places; ++i) copy[i] = counts_[i].load(relaxed);
  return copy;
}

std::chrono::microseconds quantile(const histogram::counts& counts, double q) {
  const auto events = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (events == 0) return {};
  const auto share = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(events)));
  const auto wanted = std::max<std::uint64_t>(share, 1);
  std::uint64_t seen = 0;
  for (std::size_t place = 0; place < counts.size(); ++place)
    if ((seen += counts[place]) >= wanted) return std::chrono::microseconds(upper_end(place));
  return std::chrono::microseconds(longest);
}

void meter::began() noexcept {
  const auto now = in_flight_.fetch_add(1, relaxed) + 1;
  auto peak = peak_.load(relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, relaxed)) {
  }
}

void meter::began(proto::request kind) noexcept {
  last_.store(static_cast<std::uint8_t>(kind), relaxed);
  began();
}

void meter::ended(bool ok, std::chrono::microseconds wait, std::chrono::microseconds service) noexcept {
  in_flight_.fetch_sub(1, relaxed);
  handled_.fetch_add(1, relaxed);
  if (!ok) failed_.fetch_add(1, relaxed);
  wait_.add(wait);
  service_.add(service);
}

void meter::restarted() noexcept {
  restarts_.fetch_add(1, relaxed);
  // What the dead one had in hand is gone with it.
  in_flight_.store(0, relaxed);
  oldest_in_hand_.store(never, relaxed);
  oldest_waiting_.store(never, relaxed);
}

meter_reading meter::read() const noexcept {
  meter_reading r;
  r.in_flight = in_flight_.load(relaxed);
  r.peak = peak_.load(relaxed);
  r.handled = handled_.load(relaxed);
  r.failed = failed_.load(relaxed);
  r.restarts = restarts_.load(relaxed);
  if (const auto last = last_.load(relaxed); last < proto::request_count) r.last = static_cast<proto::request>(last);
  const auto oldest = std::min(oldest_in_hand_.load(relaxed), oldest_waiting_.load(relaxed));
  if (oldest != never) r.oldest = oldest;
  r.last_begun = last_begun_.load(relaxed);
  r.wait = wait_.read();
  r.service = service_.read();
  return r;
}

}  // namespace authnz::actors
