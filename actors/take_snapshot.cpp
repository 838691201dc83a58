#include "actors/take_snapshot.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace authnz::actors {

namespace {

using storage::slice;

journal_row look(const journal_meter& m) {
  return {m.batch_size.read(), m.commit_time.read(), m.applied, m.conflicts, m.failures, m.late};
}

hashing_row look(const hashing_meter& m) {
  return {m.workers, m.busy, m.queued, m.computed, m.refused, m.by_others, m.for_others, m.compute_time.read()};
}

std::uint64_t microseconds_of(const timeval& t) {
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_usec);
}

process_row look_at_process() {
  process_row row;
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  row.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    row.cpu_microseconds = microseconds_of(used.ru_utime) + microseconds_of(used.ru_stime);
  std::error_code ignored;
  for (std::filesystem::directory_iterator at("/proc/self/fd", ignored), end; !ignored && at != end;
       at.increment(ignored))
    ++row.open_files;
  // One of them is that of the directory itself.
  if (row.open_files > 0) --row.open_files;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    row.max_files = static_cast<std::uint32_t>(std::min<rlim_t>(limit.rlim_cur, UINT32_MAX));
  return row;
}

void look(const storage::environment_statistics& s, snapshot& into) {
  auto& row = into.store;
  row.readable = true;
  row.map_size = s.map_size;
  row.page_size = s.page_size;
  row.used_pages = s.used_pages;
  row.last_revision = s.last_revision;
  row.readers = s.readers;
  row.max_readers = s.max_readers;
  row.oldest_reader_lag = s.oldest_reader_lag;
  for (const auto& r : storage::slice_table)
    row.slices.push_back({r.name, s.slices.at(index_of(r.id)).records, s.slices.at(index_of(r.id)).pages});
  const auto records = [&](slice in) { return s.slices.at(index_of(in)).records; };
  into.mail.waiting = records(slice::outbox);
  into.accounts.attempts_kept = records(slice::attempts);
  into.audit.records = records(slice::audit);
}

void look(const node_meters& m, snapshot& into) {
  into.requests = m.requests.read();
  into.journal = look(m.journal);
  into.hashing = look(m.hashing);
  into.mail = {into.mail.waiting, m.mail.accepted, m.mail.deferred, m.mail.refused, m.mail.given_up};
  into.limits.buckets = m.limits.buckets;
  into.limits.refused = m.limits.refused;
  into.limits.counted_for_others = m.limits.counted_for_others;
  into.accounts.autolocks = m.accounts.autolocks;
  into.audit.recorded = m.audit.recorded;
  into.audit.lost = m.audit.lost;
}

}  // namespace

snapshot take_snapshot(const snapshot_sources& from) {
  snapshot s;
  s.node = from.node_name;
  s.version = from.version;
  s.taken = clocks::system().wall();
  s.uptime = microseconds_between(from.meters->started, std::chrono::steady_clock::now());
  s.not_ready = from.door.not_ready();
  s.in_flight = from.door.in_flight();
  s.most_in_flight = from.door.most_in_flight();
  for (const auto& card : from.actors.cards->all) {
    s.actors.push_back(card->read());
    const auto& row = s.actors.back();
    if (row.kind != "breach" || !from.actors.asks_breached_list) continue;
    s.accounts.breach_lookups = row.measured.handled;
    s.accounts.breach_unreachable = row.measured.failed;
  }
  if (const auto statistics = from.store.statistics()) look(*statistics, s);
  look(*from.meters, s);
  s.limits.enabled = from.door.needs_client_address();
  s.listener = from.listeners();
  s.process = look_at_process();
  if (from.cluster) s.cluster = from.cluster();
  return s;
}

}  // namespace authnz::actors
