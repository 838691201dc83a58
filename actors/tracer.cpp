#include "actors/tracer.hpp"

#include <algorithm>

namespace authnz::actors {

namespace {

bool matches(const trace_wish& wish, const proto::exchange& ex) {
  return (!wish.kind || *wish.kind == ex.request.row().id) && (!wish.reqid || *wish.reqid == ex.reqid);
}

proto::timestamp wall_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace

tl::expected<std::uint64_t, std::string> tracer::start(const trace_wish& wish, clock::time_point now) {
  if (wish.one_in == 0) return tl::unexpected<std::string>("one in how many must be at least 1");
  if (wish.lasts <= std::chrono::seconds(0) || wish.lasts > longest)
    return tl::unexpected("a trace lasts from 1 to " + std::to_string(longest.count()) + " s");
  const std::lock_guard lock(mutex_);
  end_those_over(now);
  if (wishes_.size() == most_wishes)
    return tl::unexpected<std::string>("too many traces at once; stop one, or wait until it ends");
  wishes_.push_back({++last_wish_, wish, now + wish.lasts, 0});
  active_.store(true, std::memory_order_relaxed);
  return last_wish_;
}

bool tracer::stop(std::uint64_t wish) {
  const std::lock_guard lock(mutex_);
  const auto gone = std::erase_if(wishes_, [&](const watched& w) { return w.number == wish; });
  active_.store(!wishes_.empty(), std::memory_order_relaxed);
  return gone > 0;
}

void tracer::end_those_over(clock::time_point now) {
  std::erase_if(wishes_, [&](const watched& w) { return w.until <= now; });
  active_.store(!wishes_.empty(), std::memory_order_relaxed);
}

proto::trace_ptr tracer::follow(const proto::exchange& ex) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    end_those_over(clock::now());
    const auto at = std::ranges::find_if(
        wishes_, [&](watched& w) { return matches(w.wish, ex) && w.matched++ % w.wish.one_in == 0; });
    if (at == wishes_.end()) return {};
    auto told = std::make_unique<proto::trace>();
    told->kind = ex.request.row().id;
    told->reqid = ex.reqid;
    // No address is longer, and whoever sends more shall not fill the memory.
    if (ex.client.size() <= longest_client) told->client = ex.client;
    told->began = wall_now();
    // Whoever lets go of it last hands it in, however the request ended.
    return {told.release(), [self = shared_from_this(), wish = at->number](proto::trace* t) {
              self->keep(wish, std::unique_ptr<const proto::trace>(t));
            }};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void tracer::keep(std::uint64_t wish, std::shared_ptr<const proto::trace> told) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    stories_.push_back({++last_story_, wish, std::move(told)});
    if (stories_.size() > most_stories) stories_.pop_front();
  } catch (const std::bad_alloc&) {
    return;
  }
}

tracer::reading tracer::read(std::uint64_t wish, std::uint64_t after, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  end_those_over(now);
  reading r;
  r.last = std::max(after, last_story_);
  for (const auto& s : stories_)
    if (s.number > after && s.wish == wish) r.stories.push_back(s);
  const auto oldest = stories_.empty() ? last_story_ + 1 : stories_.front().number;
  r.lost = oldest > after + 1 ? oldest - after - 1 : 0;
  r.over = std::ranges::none_of(wishes_, [&](const watched& w) { return w.number == wish; });
  return r;
}

}  // namespace authnz::actors
