#include "actors/inspection/answers.hpp"
#include "proto/time.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;

/// The places that are not empty: `[[place, count], ...]`. Two looks can be
/// subtracted from each other.
ordered_json sparse(const histogram::counts& counts) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) out.push_back({i, counts[i]});
  return out;
}

ordered_json json_of(const actor_row& a, const std::string& node) {
  const auto& m = a.measured;
  return {{"node", node},
          {"actor", a.id},
          {"kind", a.kind},
          {"shard", a.shard},
          {"state", name(a.state)},
          {"age_us", a.age.count()},
          {"restarts", m.restarts},
          {"last_error", a.last_error.empty() ? ordered_json() : ordered_json(a.last_error)},
          {"in_flight", m.in_flight},
          {"peak", m.peak},
          {"waiting", a.waiting},
          {"oldest_us", a.oldest.count()},
          {"handled", m.handled},
          {"failed", m.failed},
          {"memory", a.memory ? ordered_json(*a.memory) : ordered_json()},
          {"last_request", m.last ? ordered_json(proto::row(*m.last).name) : ordered_json()},
          {"wait", sparse(m.wait)},
          {"service", sparse(m.service)}};
}

ordered_json json_of(const answered_requests& r, const std::string& node) {
  ordered_json turnouts = ordered_json::object();
  for (const auto& [index, n] : r.turnouts) turnouts[std::string(turnout_name(index))] = n;
  return {{"node", node},
          {"request", proto::row(r.kind).name},
          {"turnouts", std::move(turnouts)},
          {"total_us", r.total_microseconds},
          {"duration", sparse(r.duration)}};
}

ordered_json json_of(const store_row& s) {
  ordered_json slices = ordered_json::array();
  for (const auto& one : s.slices)
    slices.push_back({{"slice", one.name}, {"records", one.records}, {"pages", one.pages}});
  return {{"readable", s.readable},           {"map_size", s.map_size},
          {"page_size", s.page_size},         {"used_pages", s.used_pages},
          {"last_revision", s.last_revision}, {"readers", s.readers},
          {"max_readers", s.max_readers},     {"oldest_reader_lag", s.oldest_reader_lag},
          {"slices", std::move(slices)}};
}

ordered_json json_of(const std::vector<std::pair<std::string, std::uint64_t>>& named) {
  ordered_json out = ordered_json::object();
  for (const auto& [name, value] : named) out[name] = value;
  return out;
}

ordered_json json_of(const cluster_row& c) {
  ordered_json duties = ordered_json::array();
  for (const auto& [name, has] : c.duties)
    if (has) duties.push_back(name);
  return {{"applied", c.applied},
          {"head", c.head},
          {"age_ms", c.age ? ordered_json(c.age->count()) : ordered_json()},
          {"fresh", c.fresh},
          {"registered", c.registered},
          {"batches", c.batches},
          {"unknown_outcomes", c.unknown_outcomes},
          {"rebuilds", c.rebuilds},
          {"reconnects", c.reconnects},
          {"duties", std::move(duties)}};
}

}  // namespace

inspected snapshot(const inspection_parts& p) {
  const auto s = p.take_snapshot();
  ordered_json out{{"node", s.node},
                   {"version", s.version},
                   {"taken", proto::format_time(s.taken)},
                   {"uptime_us", s.uptime.count()},
                   {"not_ready", s.not_ready ? ordered_json(*s.not_ready) : ordered_json()},
                   {"in_flight", s.in_flight},
                   {"most_in_flight", s.most_in_flight}};
  out["actors"] = ordered_json::array();
  for (const auto& a : s.actors) out["actors"].push_back(json_of(a, s.node));
  out["requests"] = ordered_json::array();
  for (const auto& r : s.requests) out["requests"].push_back(json_of(r, s.node));
  out["journal"] = {{"batch_size", sparse(s.journal.batch_size)},
                    {"commit_time", sparse(s.journal.commit_time)},
                    {"applied", s.journal.applied},
                    {"conflicts", s.journal.conflicts},
                    {"failures", s.journal.failures},
                    {"late", s.journal.late}};
  out["hashing"] = {{"workers", s.hashing.workers},       {"busy", s.hashing.busy},
                    {"queued", s.hashing.queued},         {"computed", s.hashing.computed},
                    {"refused", s.hashing.refused},       {"by_others", s.hashing.by_others},
                    {"for_others", s.hashing.for_others}, {"compute_time", sparse(s.hashing.compute_time)}};
  out["store"] = json_of(s.store);
  out["mail"] = {{"waiting", s.mail.waiting},
                 {"accepted", s.mail.accepted},
                 {"deferred", s.mail.deferred},
                 {"refused", s.mail.refused},
                 {"given_up", s.mail.given_up}};
  out["limits"] = {{"enabled", s.limits.enabled},
                   {"buckets", s.limits.buckets},
                   {"refused", s.limits.refused},
                   {"counted_for_others", s.limits.counted_for_others}};
  out["accounts"] = {{"attempts_kept", s.accounts.attempts_kept},
                     {"autolocks", s.accounts.autolocks},
                     {"breach_lookups", s.accounts.breach_lookups},
                     {"breach_unreachable", s.accounts.breach_unreachable}};
  out["audit"] = {{"records", s.audit.records}, {"recorded", s.audit.recorded}, {"lost", s.audit.lost}};
  out["listener"] = {{"counters", json_of(s.listener.counters)}, {"gauges", json_of(s.listener.gauges)}};
  out["process"] = {{"resident_bytes", s.process.resident_bytes},
                    {"cpu_us", s.process.cpu_microseconds},
                    {"open_files", s.process.open_files},
                    {"max_files", s.process.max_files}};
  out["cluster"] = s.cluster ? json_of(*s.cluster) : ordered_json();
  return out;
}

}  // namespace authnz::actors::inspection
