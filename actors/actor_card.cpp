#include "actors/actor_card.hpp"

#include <algorithm>

namespace authnz::actors {

namespace {
constexpr auto relaxed = std::memory_order_relaxed;
using clock = std::chrono::steady_clock;
}  // namespace

std::string_view name(actor_state s) {
  constexpr std::array<std::string_view, 6> names{"running", "paused", "draining", "drained", "restarting", "stopped"};
  return names.at(static_cast<std::size_t>(s));
}

actor_card::actor_card(std::string i, std::string k, std::uint32_t s, meter_ptr m)
    : id(std::move(i)), kind(std::move(k)), shard(s), measured(std::move(m)) {}

void actor_card::started() noexcept {
  started_.store(clock::now(), relaxed);
  life_.store(life::running, relaxed);
}

void actor_card::ended(std::string_view why) {
  life_.store(life::restarting, relaxed);
  if (why.empty()) return;
  const std::lock_guard lock(mutex_);
  last_error_ = why;
}

void actor_card::stopped() noexcept { life_.store(life::stopped, relaxed); }

actor_state actor_card::state() const noexcept {
  switch (life_.load(relaxed)) {
    case life::restarting: return actor_state::restarting;
    case life::stopped: return actor_state::stopped;
    case life::running: break;
  }
  switch (standing()) {
    case gate::open: return actor_state::running;
    case gate::paused: return actor_state::paused;
    case gate::draining: break;
  }
  const bool busy = waiting.load(relaxed) > 0 || measured->in_flight() > 0;
  return busy ? actor_state::draining : actor_state::drained;
}

// What waits in the mailbox has come after what was begun last, so the age of
// that is the most that the mailbox's oldest can have.
std::chrono::microseconds actor_card::oldest(const meter_reading& r, std::uint64_t in_mailbox,
                                             clock::time_point now) const {
  auto since = clock::time_point::max();
  if (r.oldest) since = *r.oldest;
  if (in_mailbox > 0) since = std::min(since, std::max(r.last_begun, started_.load(relaxed)));
  return since < now ? microseconds_between(since, now) : std::chrono::microseconds(0);
}

actor_row actor_card::read() const {
  const auto now = clock::now();
  actor_row row;
  row.id = id;
  row.kind = kind;
  row.shard = shard;
  row.state = state();
  row.age = microseconds_between(started_.load(relaxed), now);
  row.waiting = waiting.load(relaxed);
  if (const auto bytes = memory.load(relaxed); bytes > 0) row.memory = bytes;
  row.measured = measured->read();
  row.oldest = oldest(row.measured, row.waiting, now);
  const std::lock_guard lock(mutex_);
  row.last_error = last_error_;
  return row;
}

card_ptr actor_cards::find(std::string_view id) const {
  const auto at = std::ranges::find_if(all, [&](const card_ptr& c) { return c->id == id; });
  return at == all.end() ? nullptr : *at;
}

}  // namespace authnz::actors
