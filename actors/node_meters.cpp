#include "actors/node_meters.hpp"

namespace authnz::actors {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::size_t turnout_of(const proto::reply& r) {
  switch (r.status) {
    case proto::http_status::ok: return static_cast<std::size_t>(r.reason);
    case proto::http_status::too_many_requests: return static_cast<std::size_t>(turnout::limited);
    case proto::http_status::unavailable: return static_cast<std::size_t>(turnout::unavailable);
    default: return static_cast<std::size_t>(turnout::error);
  }
}

}  // namespace

std::string_view turnout_name(std::size_t index) {
  if (index == static_cast<std::size_t>(proto::code::none)) return "success";
  switch (static_cast<turnout>(index)) {
    case turnout::limited: return "rate-limited";
    case turnout::unavailable: return "unavailable";
    case turnout::error: return "error";
    default: return proto::name(static_cast<proto::code>(index));
  }
}

void request_meter::answered(const proto::exchange& ex, const proto::reply& r) noexcept {
  // A payload that is no request has no kind; the listener counts it.
  if (r.status == proto::http_status::bad_request || r.status == proto::http_status::unauthorized) return;
  add(ex.request.row().id, turnout_of(r), microseconds_between(ex.arrived, proto::exchange::clock::now()));
}

void request_meter::add(proto::request kind, std::size_t turnout_index, std::chrono::microseconds took) noexcept {
  auto& counts = kinds_[static_cast<std::size_t>(kind)];
  counts.turnouts[turnout_index].fetch_add(1, relaxed);
  counts.microseconds.fetch_add(static_cast<std::uint64_t>(took.count()), relaxed);
  counts.duration.add(took);
}

std::vector<answered_requests> request_meter::read() const {
  std::vector<answered_requests> all;
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    answered_requests one;
    one.kind = static_cast<proto::request>(kind);
    for (std::size_t i = 0; i < turnout_count; ++i)
      if (const auto n = kinds_[kind].turnouts[i].load(relaxed); n > 0) one.turnouts.emplace_back(i, n);
    if (one.turnouts.empty()) continue;
    one.total_microseconds = kinds_[kind].microseconds.load(relaxed);
    one.duration = kinds_[kind].duration.read();
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace authnz::actors
